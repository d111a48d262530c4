import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest'
import type { Turn } from '../../src/turn/turn.ts'
import { assistant, startTestEngine, type TestEngine, textOf, textsOf, user } from '../support/engine.ts'
import { cuts, drips, fails, says, stalls, stallsBeforeHeaders } from '../support/scripted-model-answers.ts'
import { sentBy } from '../support/sent.ts'

const HELLO = 'Hello from the scripted model.'

let test: TestEngine
beforeAll(async () => {
  test = await startTestEngine({ REUSE_WORKERS: 'true', MAX_WORKERS: '6', IDLE_TIMEOUT: '700' }, { proofs: new Map() })
  await test.proven()
})
afterAll(() => test[Symbol.asyncDispose]())

const settled = (): Promise<boolean> =>
  vi.waitUntil(() => test.engine.status().workers.busy === 0, { timeout: 10_000, interval: 5 })

/** The processes of a model of its own, so that each test sees only its own. */
async function pids(model: string): Promise<number[]> {
  await settled()
  return test.workers(model)
}

function lastBody(): string {
  return test.model.requests.at(-1)?.rawBody ?? ''
}

describe('a process', () => {
  it('serves one turn after the other of a caller', async () => {
    const model = 'claude-opus-5-5'
    for (const text of ['first', 'second', 'third']) {
      await test.ask({ model, conversation: [user(text)] })
      expect(sentBy(test.model.requests.at(-1)).messages).toEqual([{ role: 'user', texts: [text] }])
    }
    expect(await pids(model)).toHaveLength(1)
  })

  it('goes on with the conversation that it holds', async () => {
    const model = 'claude-opus-5-5'
    const conversation = [user('one')]
    for (const next of ['two', 'three', 'four']) {
      const answer = textOf(await test.ask({ model, conversation: [...conversation] }))
      conversation.push(assistant(answer), user(next))
    }
    await test.ask({ model, conversation })
    expect(sentBy(test.model.requests.at(-1)).messages.map(({ texts }) => texts.join())).toEqual([
      'one',
      HELLO,
      'two',
      HELLO,
      'three',
      HELLO,
      'four',
    ])
    expect(await pids(model)).toHaveLength(1)
  })

  it.each([
    ['an earlier question', [user('ONE'), assistant(HELLO), user('two')]],
    ['an earlier answer', [user('one'), assistant('Something else.'), user('two')]],
    ['one message less', [user('two')]],
    ['one message more', [user('zero'), assistant('0'), user('one'), assistant(HELLO), user('two')]],
  ])('does not go on when the caller changed %s', async (_, conversation) => {
    const model = 'claude-opus-5-5'
    await test.ask({ model, conversation: [user('one')] })
    await test.ask({ model, conversation })
    expect(sentBy(test.model.requests.at(-1)).messages.map(({ texts }) => texts)).toEqual(conversation.map(textsOf))
  })

  it('is never shared by two principals', async () => {
    const model = 'claude-haiku-5-5'
    const turn = (id: string): Partial<Turn> => ({ model, principal: { id }, conversation: [user(`secret of ${id}`)] })
    await test.ask(turn('ann'))
    const [first] = await pids(model)
    await test.ask(turn('bob'))
    expect(lastBody()).not.toContain('secret of ann')
    const both = await pids(model)
    expect(both).toHaveLength(2)
    expect(both).toContain(first)
  })

  it('keeps no parameter of an earlier turn', async () => {
    const model = 'claude-sonnet-5'
    await test.ask({ model })
    const plain = test.model.requests.at(-1)?.body
    await test.ask({ model, maxOutputTokens: 500, effort: 'max', thinking: 'off' })
    expect(test.model.requests.at(-1)?.body).toMatchObject({ max_tokens: 500, thinking: { type: 'disabled' } })
    await test.ask({ model })
    expect(test.model.requests.at(-1)?.body).toEqual(plain)
    expect(await pids(model)).toHaveLength(1)
  })

  it('with another system prompt is another one', async () => {
    const model = 'claude-fable-5-2'
    await test.ask({ model, system: 'You are one.' })
    await test.ask({ model, system: 'You are two.' })
    expect(lastBody()).not.toContain('You are one.')
    expect(await pids(model)).toHaveLength(2)
  })

  it('counts the cost of each turn for itself', async () => {
    const model = 'claude-opus-5-5'
    const costs: unknown[] = []
    for (let turns = 0; turns < 3; turns += 1) {
      const finish = (await test.ask({ model })).at(-1)
      costs.push(finish?.type === 'finish' && finish.usage.costUsd?.toFixed(9))
    }
    expect(new Set(costs).size).toBe(1)
  })
})

describe('after a turn that ended otherwise a process is used again and nothing comes back', () => {
  const model = 'claude-opus-4-7'
  it.each([
    ['a limit', says(['partial MARK'], { stopReason: 'max_tokens' })],
    ['a refusal', says(['partial MARK'], { stopReason: 'refusal' })],
    ['nothing visible', says([' '])],
    ['an error of the model API', fails(400, { message: 'MARK' })],
    ['a rate limit', fails(429, { message: 'MARK' })],
    ['a broken stream', cuts(['MARK'])],
    ['a stalled stream', stalls(['MARK'])],
  ])('%s', async (_, answer) => {
    test.model.script(answer)
    await test
      .ask({ model, conversation: [user('q1 MARK'), assistant('a1 MARK'), user('q2 MARK')] })
      .catch(() => undefined)
    await test.ask({ model, conversation: [user('clean')] })
    expect(lastBody()).not.toContain('MARK')
    expect(sentBy(test.model.requests.at(-1)).messages).toEqual([{ role: 'user', texts: ['clean'] }])
    expect(await pids(model)).toHaveLength(1)
  })

  it.each([
    ['in mid-stream', stalls(['MARK'])],
    ['before the first event', stallsBeforeHeaders()],
  ])('a caller who left %s', async (_, answer) => {
    test.model.script(answer)
    const leaving = new AbortController()
    const left = test.ask({ model, conversation: [user('MARK')] }, leaving.signal).catch(() => undefined)
    await vi.waitUntil(() => test.model.requests.at(-1)?.rawBody.includes('MARK'), { timeout: 10_000, interval: 5 })
    leaving.abort()
    await left
    await test.ask({ model, conversation: [user('clean')] })
    expect(lastBody()).not.toContain('MARK')
    expect(await pids(model)).toHaveLength(1)
  })
})

it('a process whose caller left without having read on is used again', async () => {
  const model = 'claude-fable-5-2'
  await test.ask({ model })
  const before = await pids(model)
  // More than is kept unread, no faster than the process passes it on.
  test.model.script(
    drips(
      Array.from({ length: 600 }, () => 'MARK '),
      2,
    ),
  )
  const iterator = test.begin({ model, conversation: [user('much')] })
  await iterator.next()
  await test.model.requests.at(-1)?.closed
  await iterator.return?.()
  expect(await pids(model)).toEqual(before)
  await test.ask({ model, conversation: [user('clean')] })
  expect(lastBody()).not.toContain('MARK')
})

describe('a process whose turn left while it was started', () => {
  it('serves the next one, whoever asks', async () => {
    const model = 'opus'
    const leaving = new AbortController()
    const left = test.ask({ model, principal: { id: 'ann' }, conversation: [user('MARK')] }, leaving.signal)
    await vi.waitUntil(() => test.engine.status().workers.starting === 1, { timeout: 2000, interval: 1 })
    leaving.abort()
    await expect(left).rejects.toMatchObject({ kind: 'aborted' })
    const [started] = await pids(model)
    expect(started).toBeDefined()
    await test.ask({ model, principal: { id: 'bob' }, conversation: [user('next')] })
    expect(lastBody()).not.toContain('MARK')
    expect(await pids(model)).toEqual([started])
  })
})

describe('an idle process', () => {
  it('that was killed is not handed out', async () => {
    const model = 'claude-sonnet-5'
    await test.ask({ model })
    for (const pid of await pids(model)) process.kill(pid, 'SIGKILL')
    expect(textOf(await test.ask({ model }))).toBe(HELLO)
  })

  it('makes room for a profile that has none', async () => {
    await using small = await startTestEngine({ REUSE_WORKERS: 'true', MAX_WORKERS: '1' })
    await small.proven()
    for (const model of ['opus', 'haiku', 'sonnet']) {
      await small.ask({ model })
      expect(small.engine.status().workers.live).toBe(1)
    }
  })
})
