/** Conversations that live on the server, through the app on a real database with a fake engine. */
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest'
import type { TurnEvent } from '../../src/turn/turn-event.ts'
import { TurnFailure } from '../../src/turn/turn-failure.ts'
import type { Turn } from '../../src/turn/turn.ts'
import { chatChunkSchema } from '../../src/wire/chat-chunk.ts'
import { chatCompletionSchema } from '../../src/wire/chat-response.ts'
import { sessionContentSchema, sessionListSchema, sessionStatsSchema } from '../../src/wire/session.ts'
import { chat, errorOf, eventsOf } from '../support/app.ts'
import { FINISH, START } from '../support/fake-engine.ts'
import { bearer, createKeyedApp, type KeyedApp, terms } from '../support/keys.ts'

let subject: KeyedApp
let alice: string
let bob: string
/** What the model does next; else it says how many messages it was told. */
let script: ((turn: Turn, signal: AbortSignal) => AsyncIterable<TurnEvent>) | undefined

async function* counts({ conversation }: Turn): AsyncGenerator<TurnEvent> {
  yield START
  yield { type: 'text', text: `${conversation.length} messages` }
  yield FINISH
}

beforeEach(async () => {
  subject = createKeyedApp({
    withLedger: true,
    script: (turn, signal) => (script ?? counts)(turn, signal),
    settings: { SESSION_MAX_MESSAGES: '8', SESSION_MAX_BYTES: '5000', MAX_SESSIONS: '3' },
  })
  script = undefined
  alice = (await subject.book.create(terms({ name: 'alice' }))).key
  bob = (await subject.book.create(terms({ name: 'bob' }))).key
})
afterEach(() => subject[Symbol.asyncDispose]())

const ask = (key: string, session: string, content: unknown, body: Record<string, unknown> = {}): Promise<Response> => {
  const messages = typeof content === 'string' ? [{ role: 'user', content }] : content
  const init = chat({ session_id: session, messages, ...body })
  return subject.request('/v1/chat/completions', { ...init, headers: { ...Object(init.headers), ...bearer(key) } })
}
const completion = async (response: Response) => chatCompletionSchema.parse(await response.json())
const get = (key: string, path: string, method = 'GET') => subject.request(path, { method, headers: bearer(key) })
const read = async (key: string, name: string) =>
  sessionContentSchema.parse(await (await get(key, `/v1/sessions/${encodeURIComponent(name)}`)).json())

describe('a session', () => {
  test('goes on with what was said before, streamed or not, and says which turn it is', async () => {
    const first = await completion(await ask(alice, 'my chat', 'My name is Ann.'))
    expect(first.session).toEqual({ id: 'my chat', turn: 1 })
    const streamed = await ask(alice, 'my chat', 'What is it?', { stream: true })
    const events = eventsOf(await streamed.text())
    expect(events.pop()).toBe('[DONE]')
    const chunks = events.map((event) => chatChunkSchema.parse(JSON.parse(event)))
    expect(chunks.every(({ session }) => session?.turn === 2)).toBe(true)
    expect(subject.engine.turns.at(-1)?.conversation).toEqual([
      { role: 'user', content: [{ type: 'text', text: 'My name is Ann.' }] },
      { role: 'assistant', content: [{ type: 'text', text: '1 messages' }] },
      { role: 'user', content: [{ type: 'text', text: 'What is it?' }] },
    ])
    expect((await read(alice, 'my chat')).messages.map(({ role, content }) => [role, content])).toEqual([
      ['user', 'My name is Ann.'],
      ['assistant', '1 messages'],
      ['user', 'What is it?'],
      ['assistant', '3 messages'],
    ])
  })

  test('has the system prompt of its first request until another one is given', async () => {
    await ask(alice, 's', [
      { role: 'system', content: 'Be brief.' },
      { role: 'user', content: 'a' },
    ])
    await ask(alice, 's', 'b')
    expect(subject.engine.turns.at(-1)).toMatchObject({ system: 'Be brief.' })
    await ask(alice, 's', [
      { role: 'developer', content: 'Be long.' },
      { role: 'user', content: 'c' },
    ])
    expect(subject.engine.turns.at(-1)).toMatchObject({ system: 'Be long.' })
    expect(subject.engine.turns.at(-1)?.conversation).toHaveLength(5)
    await ask(alice, 's', [{ role: 'system', content: 'By the way.' }])
    expect(subject.engine.turns.at(-1)?.system).toBe('Be long.')
    expect(JSON.stringify(subject.engine.turns.at(-1)?.conversation.at(-1))).toContain('By the way.')
  })

  test('carries calls and their results, images, and what was thought before a call', async () => {
    const sealed = { type: 'thinking', thinking: 'Hm.', signature: 'signed' } as const
    const thoughts = {
      callIds: ['toolu_1'],
      asked: 'claude-sonnet-5-5',
      answeredBy: 'claude-sonnet-5-5',
      thoughts: [{ sealed, textBefore: 0, callsBefore: 0 }],
    }
    script = async function* () {
      yield START
      yield { type: 'tool_call', id: 'toolu_1', name: 'look' }
      yield { type: 'tool_arguments', json: '{"at":"sky"}' }
      yield { ...FINISH, reason: 'tool_calls', thoughts }
    }
    const tools = [{ type: 'function', function: { name: 'look', parameters: { type: 'object' } } }]
    const image = { type: 'image_url', image_url: { url: 'https://example.com/sky.png' } }
    const called = await completion(
      await ask(alice, 't', [{ role: 'user', content: [{ type: 'text', text: 'Look.' }, image] }], { tools }),
    )
    expect(called.choices[0]?.message.tool_calls?.[0]?.id).toBe('call_1')
    script = undefined
    await completion(await ask(alice, 't', [{ role: 'tool', tool_call_id: 'call_1', content: 'blue' }], { tools }))
    const { conversation, thoughts: given } = subject.engine.turns.at(-1) ?? {}
    expect(given).toEqual([thoughts])
    expect(conversation).toEqual([
      {
        role: 'user',
        content: [
          { type: 'text', text: 'Look.' },
          { type: 'image', source: { type: 'url', url: 'https://example.com/sky.png' } },
        ],
      },
      { role: 'assistant', content: [{ type: 'tool_call', id: 'toolu_1', name: 'look', input: { at: 'sky' } }] },
      {
        role: 'user',
        content: [{ type: 'tool_result', callId: 'toolu_1', content: [{ type: 'text', text: 'blue' }] }],
      },
    ])
  })

  test('of the same name under another key is another one, and a 404 to everybody else', async () => {
    await ask(alice, 'same', 'a')
    expect((await completion(await ask(bob, 'same', 'b'))).session?.turn).toBe(1)
    await ask(alice, 'mine', 'a')
    for (const [name, method] of [
      ['mine', 'GET'],
      ['mine', 'DELETE'],
      ['nobody', 'GET'],
    ] as const) {
      const response = await get(bob, `/v1/sessions/${name}`, method)
      expect(response.status).toBe(404)
      expect(await errorOf(response)).toMatchObject({ code: 'not_found', message: 'There is no such thing here.' })
    }
    expect((await get(alice, '/v1/sessions/mine')).status).toBe(200)
  })

  test('is left as it was by a turn that fails, is left, or cannot be asked', async () => {
    script = async function* () {
      yield await Promise.reject<TurnEvent>(new TurnFailure('upstream_error', 'broken'))
    }
    expect((await ask(alice, 'f', 'a')).status).toBe(502)
    expect((await get(alice, '/v1/sessions/f')).status).toBe(404)
    script = undefined
    await ask(alice, 'f', 'a')
    script = async function* () {
      yield START
      yield { type: 'text', text: 'Half' }
      throw new TurnFailure('stream_interrupted', 'broken')
    }
    expect(await (await ask(alice, 'f', 'b', { stream: true })).text()).toContain('backend_error')
    script = async function* (_, signal) {
      yield START
      yield { type: 'text', text: 'Half' }
      await new Promise((resolve) => signal.addEventListener('abort', resolve, { once: true }))
    }
    const left = await ask(alice, 'f', 'c', { stream: true })
    await left.body?.cancel()
    script = undefined
    expect((await ask(alice, 'f', [{ role: 'tool', tool_call_id: 'x', content: 'y' }])).status).toBe(400)
    await vi.waitUntil(async () => !(await read(alice, 'f')).busy, { timeout: 5000, interval: 10 })
    expect(await read(alice, 'f')).toMatchObject({ turns: 1, message_count: 2 })
    expect((await completion(await ask(alice, 'f', 'd'))).session?.turn).toBe(2)
  })

  test('has one writer: a second request is told to come back, and does', async () => {
    let goOn = (): void => undefined
    script = async function* (turn) {
      await new Promise<void>((resolve) => (goOn = resolve))
      yield* counts(turn)
    }
    const first = ask(alice, 'busy', 'a')
    await subject.engine.begun
    const second = await ask(alice, 'busy', 'b')
    expect(second.status).toBe(409)
    expect(second.headers.get('retry-after')).toBe('1')
    expect(Number(second.headers.get('retry-after-ms'))).toBeGreaterThan(0)
    expect(await errorOf(second)).toMatchObject({ type: 'conflict_error', code: 'session_busy' })
    expect((await get(alice, '/v1/sessions/busy', 'DELETE')).status).toBe(404)
    goOn()
    expect((await completion(await first)).session?.turn).toBe(1)
    script = undefined
    expect((await completion(await ask(alice, 'busy', 'b'))).session?.turn).toBe(2)
  })

  test('holds so much, and there are so many', async () => {
    for (const text of ['a', 'b', 'c', 'd']) await ask(alice, 'full', text)
    const full = await ask(alice, 'full', 'e')
    expect(await errorOf(full)).toMatchObject({ code: 'session_full', message: expect.stringContaining('8 messages') })
    const long = await ask(alice, 'long', 'x'.repeat(6000))
    expect(await errorOf(long)).toMatchObject({ code: 'session_full', message: expect.stringContaining('5000 bytes') })
    await ask(alice, 'second', 'a')
    await ask(alice, 'third', 'a')
    expect(await errorOf(await ask(alice, 'fourth', 'a'))).toMatchObject({ code: 'too_many_sessions' })
    expect((await ask(bob, 'fourth', 'a')).status).toBe(200)
  })

  test.each([
    ['', 'invalid_value'],
    ['x'.repeat(129), 'invalid_value'],
    ['with\nnewline', 'invalid_value'],
    ['.', 'invalid_value'],
    ['..', 'invalid_value'],
    ['stats', 'invalid_value'],
    ['a\\b', 'invalid_value'],
    [7, 'invalid_type'],
  ])('cannot be called %j', async (name, code) => {
    const response = await ask(alice, 'any', 'a', { session_id: name })
    expect(response.status).toBe(400)
    expect(await errorOf(response)).toMatchObject({ code, param: 'session_id' })
  })

  test.each(['...', './a', 'a/../b', '/a//', '%2e%00', 'stats/', 'STATS', 'ä #?&+', '😀'.repeat(64)])(
    'can be called %j, and is read and removed under that name',
    async (name) => {
      await ask(alice, name, 'a')
      const path = `/v1/sessions/${encodeURIComponent(name)}`
      expect(await (await get(alice, path)).json()).toMatchObject({ id: name, turns: 1 })
      expect((await get(alice, path, 'DELETE')).status).toBe(200)
    },
  )

  test('goes on from one answer, so n is 1; without a name nothing is kept', async () => {
    expect(await errorOf(await ask(alice, 'n', 'a', { n: 2 }))).toMatchObject({ code: 'invalid_value', param: 'n' })
    const without = await completion(await ask(alice, 'any', 'a', { session_id: null }))
    expect(without.session).toBeUndefined()
    expect(sessionStatsSchema.parse(await (await get(alice, '/v1/sessions/stats')).json()).sessions).toBe(0)
  })
})

test('sessions are listed page by page, the last used first, read with what they took, and removed', async () => {
  for (const name of ['one', 'a/b?c', 'three']) await ask(alice, name, 'Hi')
  await ask(alice, 'one', 'again')
  const list = async (query: string) => sessionListSchema.parse(await (await get(alice, `/v1/sessions${query}`)).json())
  const first = await list('?limit=2')
  expect(first).toMatchObject({ has_more: true, first_id: 'one', last_id: 'three' })
  const rest = await list(`?limit=2&after=${encodeURIComponent('three')}`)
  expect(rest).toMatchObject({ has_more: false, data: [{ id: 'a/b?c', turns: 1, message_count: 2, busy: false }] })
  expect((await get(alice, '/v1/sessions?limit=0')).status).toBe(400)
  expect((await get(alice, '/v1/sessions?after=nothing')).status).toBe(400)
  expect(await errorOf(await get(alice, '/v1/sessions?after=%00'))).toMatchObject({ param: 'after' })
  expect((await read(alice, 'one')).usage).toMatchObject({
    num_model_requests: 2,
    input_tokens: 60,
    output_tokens: 14,
    cost: 0.0246,
  })
  const removed = await get(alice, `/v1/sessions/${encodeURIComponent('a/b?c')}`, 'DELETE')
  expect(await removed.json()).toEqual({ id: 'a/b?c', object: 'session.deleted', deleted: true })
  expect((await list('')).data.map(({ id }) => id)).toEqual(['one', 'three'])
  expect((await completion(await ask(alice, 'a/b?c', 'Hi'))).session?.turn).toBe(1)
})
