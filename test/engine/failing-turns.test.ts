import { setTimeout as delay } from 'node:timers/promises'
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import { startTestEngine, type TestEngine, textOf } from '../support/engine.ts'
import type { Answer } from '../support/scripted-model.ts'
import {
  cuts,
  cutsBeforeStream,
  errorsMidStream,
  fails,
  raw,
  says,
  stalls,
  stallsBeforeHeaders,
} from '../support/scripted-model-answers.ts'

const PASSING = new Set(['upstream_error', 'upstream_overloaded'])

describe.each([
  ['with the egress', 'true'],
  ['without the egress', 'false'],
])('a turn that fails %s', (_mode, egress) => {
  let test: TestEngine
  beforeAll(async () => {
    test = await startTestEngine({
      REUSE_WORKERS: 'true',
      EGRESS: egress,
      FIRST_EVENT_TIMEOUT: '1500',
      IDLE_TIMEOUT: '1000',
    })
  })
  afterAll(() => test[Symbol.asyncDispose]())
  afterEach(async () => {
    test.model.otherwise(says('well again'))
    expect(textOf(await test.ask())).toBe('well again')
  })

  /** The failure, the text that went out before it, and the calls that reached the model API. */
  async function failing(
    answer: Answer,
  ): Promise<{ kind: unknown; retryAfterSeconds: unknown; text: string; calls: number }> {
    const before = test.model.requests.length
    test.model.otherwise(answer)
    let text = ''
    const iterator = test.begin()
    try {
      for (let next = await iterator.next(); next.done !== true; next = await iterator.next()) {
        if (next.value.type === 'text') text += next.value.text
        expect(next.value.type).not.toBe('finish')
      }
    } catch (error) {
      const { kind, retryAfterSeconds } = error as { kind: unknown; retryAfterSeconds: unknown }
      return { kind, retryAfterSeconds, text, calls: test.model.requests.length - before }
    }
    throw new Error('the turn did not fail')
  }

  it.each([
    [400, 'invalid_request_error', 'messages: nonsense', 'upstream_invalid_request'],
    [400, 'invalid_request_error', 'prompt is too long: 210000 tokens > 200000 maximum', 'context_length_exceeded'],
    [400, 'invalid_request_error', 'Your credit balance is too low to access the API', 'quota_exhausted'],
    [401, 'authentication_error', 'invalid x-api-key', 'upstream_auth'],
    [403, 'permission_error', 'not allowed', 'upstream_auth'],
    [404, 'not_found_error', 'model: nonsense', 'model_not_found'],
    [413, 'request_too_large', 'too large', 'request_too_large'],
    [429, 'rate_limit_error', 'slow down', 'rate_limited'],
    [500, 'api_error', 'oops', 'upstream_error'],
    [504, 'timeout_error', 'too slow', 'upstream_timeout'],
    [529, 'overloaded_error', 'Overloaded', 'upstream_overloaded'],
  ] as const)('when the model API answers %i %s: %s', async (status, type, message, kind) => {
    const failure = await failing(fails(status, { type, message, headers: { 'retry-after': '7' } }))
    expect(failure).toMatchObject({ kind, text: '' })
    // Only what passes by itself is tried again, once, on another process.
    if (egress === 'true') {
      expect(failure.calls).toBe(PASSING.has(kind) ? 2 : 1)
      expect(failure.retryAfterSeconds).toBe(7)
    }
  })

  it('when the connection is cut before the answer', async () => {
    expect(await failing(cutsBeforeStream())).toMatchObject({ kind: 'upstream_error', text: '', calls: 2 })
  })

  it("when the stream is cut in the middle: what came is the model's, and no more", async () => {
    expect(await failing(cuts(['Hel', 'lo']))).toMatchObject({ kind: 'stream_interrupted', text: 'Hello', calls: 1 })
  })

  it('when the stream turns into an error event', async () => {
    expect(await failing(errorsMidStream(['Hel'], 'overloaded_error'))).toMatchObject({
      kind: 'stream_interrupted',
      text: 'Hel',
      calls: 1,
    })
  })

  it('when the model API never answers', async () => {
    expect(await failing(stallsBeforeHeaders())).toMatchObject({ kind: 'upstream_timeout', text: '', calls: 1 })
  })

  it('when the stream stalls in the middle', async () => {
    expect(await failing(stalls(['Hel']))).toMatchObject({ kind: 'upstream_timeout', text: 'Hel', calls: 1 })
    await test.model.requests.at(-1)?.closed
  })

  it('when a proxy answers with a page', async () => {
    const page = raw([
      'HTTP/1.1 502 Bad Gateway\r\ncontent-type: text/html\r\ncontent-length: 20\r\n\r\n<h1>Bad Gateway</h1>',
    ])
    expect(await failing(page)).toMatchObject({ kind: 'upstream_error', text: '' })
  })

  it.each([
    ['an overloaded model API', fails(529, { type: 'overloaded_error', message: 'Overloaded' })],
    ['a server error', fails(500, { type: 'api_error', message: 'oops' })],
    ['a cut connection', cutsBeforeStream()],
  ])('once is not seen by the caller when the second try works: %s', async (_, answer) => {
    const before = test.model.requests.length
    test.model.script(answer, says('second try'))
    expect(textOf(await test.ask())).toBe('second try')
    expect(test.model.requests.length - before).toBe(2)
  })
})

describe('a model that is silent for long', () => {
  it('is waited for as long as it pings', async () => {
    await using test = await startTestEngine({ FIRST_EVENT_TIMEOUT: '400', IDLE_TIMEOUT: '400' })
    test.model.script(async (request, reply) => {
      reply.startStream()
      for (let pings = 0; pings < 12; pings += 1) {
        reply.response.write('event: ping\ndata: {"type":"ping"}\n\n')
        await delay(100)
      }
      await says('at last')(request, { ...reply, startStream: () => undefined })
    })
    expect(textOf(await test.ask())).toBe('at last')
  })
})
