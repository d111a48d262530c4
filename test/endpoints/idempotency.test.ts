/** `Idempotency-Key`: the same request is answered once. Through the app on a real database with a fake engine. */
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { TurnFailure } from '../../src/turn/turn-failure.ts'
import { chat, errorOf } from '../support/app.ts'
import { FINISH, type Script, says, START } from '../support/fake-engine.ts'
import { bearer, createKeyedApp, type KeyedApp, terms } from '../support/keys.ts'

let subject: KeyedApp
let alice: string
let bob: string
let script: Script

/** Never the same twice. */
const counts: Script = async function* (turn, signal) {
  yield* says(`answer ${subject.engine.turns.length}`)(turn, signal)
}

beforeEach(async () => {
  script = counts
  subject = createKeyedApp({ withLedger: true, script: (turn, signal) => script(turn, signal) })
  alice = (await subject.book.create(terms({ name: 'alice' }))).key
  bob = (await subject.book.create(terms({ name: 'bob' }))).key
})
afterEach(() => subject[Symbol.asyncDispose]())

interface Asking {
  readonly key?: string
  readonly by?: string
  readonly path?: string
  readonly headers?: Readonly<Record<string, string>>
}

const ask = (
  body: Record<string, unknown> = {},
  { key = 'one', by = alice, path = '/v1/chat/completions', headers = {} }: Asking = {},
): Promise<Response> => {
  const init = chat(body)
  const all = { ...Object(init.headers), ...bearer(by), 'idempotency-key': key, ...headers }
  return subject.request(path, { ...init, headers: all })
}
const turns = (): number => subject.engine.turns.length

describe('row 52: the same request again', () => {
  test.each([
    ['whole', { seed: 7 }, '/v1/chat/completions'],
    ['streamed', { seed: 7, stream: true, stream_options: { include_usage: true } }, '/v1/chat/completions'],
    ['streamed, with what its model does not take', { temperature: 0.5, stream: true }, '/v1/chat/completions'],
    ['several', { n: 2 }, '/v1/chat/completions'],
    ['several, streamed', { n: 2, stream: true }, '/v1/chat/completions'],
    ['a completion', { prompt: 'Once', messages: undefined }, '/v1/completions'],
    ['a completion, streamed', { prompt: ['Once', 'Twice'], messages: undefined, stream: true }, '/v1/completions'],
  ])('is the same answer, and no model is asked: %s', async (_, body, path) => {
    const first = await ask(body, { path })
    const text = await first.text()
    expect(first.status).toBe(200)
    expect(first.headers.get('idempotent-replayed')).toBeNull()
    const asked = turns()
    const again = await ask(body, { path: path.replace('/v1', '') })
    expect(await again.text()).toBe(text)
    expect(turns()).toBe(asked)
    expect(again.headers.get('idempotent-replayed')).toBe('true')
    for (const name of ['content-type', 'cache-control', 'connection', 'x-dragoman-ignored']) {
      expect(again.headers.get(name)).toBe(first.headers.get(name))
    }
    expect(again.headers.get('x-request-id')).not.toBe(first.headers.get('x-request-id'))
    expect(subject.log.findLast((line) => line['msg'] === 'request')).toMatchObject({ replayed: 'yes', status: 200 })
  })

  test('costs nothing, and is counted as a request', async () => {
    await ask()
    await ask()
    const report = await subject.request('/v1/usage', { headers: bearer(alice) })
    expect(await report.json()).toMatchObject({ total: { requests: 2, input_tokens: 30 } })
  })

  test('adds no turn to a session', async () => {
    const first = await (await ask({ session_id: 's', stream: true })).text()
    expect(await (await ask({ session_id: 's', stream: true })).text()).toBe(first)
    const session = await subject.request('/v1/sessions/s', { headers: bearer(alice) })
    expect(await session.json()).toMatchObject({ turns: 1 })
  })

  test('of another caller, or without the key, is another request', async () => {
    const texts = new Set<string>()
    for (const asking of [{}, { by: bob }, { key: 'two' }, { key: 'One' }])
      texts.add(await (await ask({}, asking)).text())
    texts.add(
      await (
        await subject.request('/v1/chat/completions', {
          ...chat(),
          headers: { ...Object(chat().headers), ...bearer(alice) },
        })
      ).text(),
    )
    expect(texts.size).toBe(5)
    expect(turns()).toBe(5)
  })
})

test.each([
  ['another body', { temperature: 0.5 }, {}],
  ['another route', {}, { path: '/v1/completions' }],
  ['other headers of ours', {}, { headers: { 'x-claude-max-turns': '2' } }],
])('row 52: the same key with %s is a 422, and no model is asked', async (_, body, asking) => {
  await ask()
  const other = await ask(body, asking)
  expect(other.status).toBe(422)
  expect(await errorOf(other)).toMatchObject({ type: 'invalid_request_error', code: 'idempotency_key_reused' })
  expect(other.headers.get('x-should-retry')).toBe('false')
  expect(turns()).toBe(1)
})

test('row 52: while it is answered, the same request is a 409 that clients wait for', async () => {
  let goOn = (): void => undefined
  const goesOn = new Promise<void>((resolve) => (goOn = resolve))
  script = async function* () {
    yield START
    yield { type: 'text', text: 'slow' }
    await goesOn
    yield FINISH
  }
  const first = await ask({ stream: true })
  const busy = await ask({ stream: true })
  expect(busy.status).toBe(409)
  expect(await errorOf(busy)).toMatchObject({ type: 'conflict_error', code: 'idempotency_key_in_use' })
  expect(busy.headers.get('retry-after-ms')).toBe('300')
  goOn()
  const text = await first.text()
  expect(await (await ask({ stream: true })).text()).toBe(text)
})

describe('is done anew where it', () => {
  test.each([
    ['failed', {}],
    ['failed in mid-stream', { stream: true }],
  ])('%s', async (_, body) => {
    script = async function* () {
      yield START
      yield { type: 'text', text: 'half' }
      throw new TurnFailure('worker_died', 'it died')
    }
    const failed = await (await ask(body)).text()
    expect(failed).toContain('backend_error')
    script = counts
    const again = await ask(body)
    expect(await again.text()).toContain('answer')
    expect(again.headers.get('idempotent-replayed')).toBeNull()
  })

  test('was left in mid-stream', async () => {
    script = async function* (_, signal) {
      yield START
      yield { type: 'text', text: 'half' }
      await new Promise((resolve) => signal.addEventListener('abort', resolve))
      throw new TurnFailure('aborted', 'left')
    }
    const reader = (await ask({ stream: true })).body?.getReader()
    await reader?.read()
    await reader?.cancel()
    await subject.engine.ended
    script = counts
    await expect.poll(async () => (await ask({ stream: true })).status).toBe(200)
  })

  test('was refused', async () => {
    expect((await ask({ messages: [] })).status).toBe(400)
    expect((await ask()).status).toBe(200)
  })
})

test('whoever has seen the end of a stream finds its answer kept, though it left before [DONE]', async () => {
  const reader = (await ask({ stream: true })).body?.pipeThrough(new TextDecoderStream()).getReader()
  for (let seen = ''; !seen.includes('"finish_reason":"stop"');) seen += (await reader?.read())?.value ?? ''
  await reader?.cancel()
  expect((await ask({ stream: true })).headers.get('idempotent-replayed')).toBe('true')
  expect(turns()).toBe(1)
})

test('an answer that is given again ends with its request: when the key is revoked, for one', async () => {
  script = says(...Array.from({ length: 100 }, (_, n) => `word ${n}`))
  await (await ask({ stream: true })).text()
  const reader = (await ask({ stream: true })).body?.pipeThrough(new TextDecoderStream()).getReader()
  const first = await reader?.read()
  expect(first?.value).toContain('chat.completion.chunk')
  await subject.book.revoke('alice')
  await expect.poll(async () => (await subject.request('/v1/models', { headers: bearer(alice) })).status).toBe(401)
  let rest = ''
  for (let piece = await reader?.read(); piece?.done === false; piece = await reader?.read()) rest += piece.value
  expect(rest).toContain('revoked')
  expect(rest).not.toContain('[DONE]')
})

test('an answer that is too long to be kept is given, and then refused', async () => {
  script = says('x'.repeat(1_500_000), 'y'.repeat(1_500_000))
  for (const body of [{}, { stream: true }]) {
    const key = JSON.stringify(body)
    expect(await (await ask(body, { key })).text()).toContain('yyy')
    const again = await ask(body, { key })
    expect(again.status).toBe(409)
    expect(await errorOf(again)).toMatchObject({ code: 'idempotent_answer_lost' })
    expect(again.headers.get('x-should-retry')).toBe('false')
  }
})

test.each(['', ' ', 'é', 'a\tb', 'x'.repeat(256)])('the key %j is refused', async (key) => {
  const response = await ask({}, { key })
  expect(response.status).toBe(400)
  expect(await errorOf(response)).toMatchObject({ code: 'invalid_value', param: 'idempotency-key' })
  expect(turns()).toBe(0)
})

test('other routes take no notice of it', async () => {
  const headers = { ...bearer(alice), 'idempotency-key': 'one' }
  await ask()
  expect((await subject.request('/v1/models', { headers })).status).toBe(200)
})

test('with IDEMPOTENCY_TTL=0 each request is a new one', async () => {
  await using off = createKeyedApp({ script: says('a'), settings: { IDEMPOTENCY_TTL: '0' } })
  const init = { ...chat(), headers: { ...Object(chat().headers), 'idempotency-key': 'one' } }
  await off.request('/v1/chat/completions', init)
  expect((await off.request('/v1/chat/completions', init)).headers.get('idempotent-replayed')).toBeNull()
  expect(off.engine.turns).toHaveLength(2)
})

test('with the database away it is a 503 before a model is asked', async () => {
  await subject.store.close()
  const response = await ask()
  expect(response.status).toBe(503)
  expect(await errorOf(response)).toMatchObject({ code: 'store_unavailable' })
  expect(turns()).toBe(0)
})
