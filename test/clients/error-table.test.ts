import { afterAll, beforeAll, describe, expect, it } from 'vitest'
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
import { readEvents, startTestServer, type TestServer } from '../support/server.ts'

let test: TestServer
beforeAll(async () => {
  test = await startTestServer({ REUSE_WORKERS: 'true', FIRST_EVENT_TIMEOUT: '1200', IDLE_TIMEOUT: '800' })
})
afterAll(() => test[Symbol.asyncDispose]())

const words = 'see /etc/secret on host-7.internal'

async function ask(answer: Answer, body: Record<string, unknown> = {}): Promise<Response> {
  test.model.otherwise(answer)
  try {
    const response = await test.chat(body)
    return new Response(await response.text(), response)
  } finally {
    test.model.otherwise(says('well again'))
  }
}

describe.each([
  ['a whole answer', false],
  ['a stream', true],
])('asked for %s, before the first byte', (_, stream) => {
  it.each([
    [400, 400, 'invalid_request_error', 'upstream_invalid_request', { shouldRetry: 'false', retryAfter: null }],
    [401, 502, 'api_error', 'upstream_auth', { shouldRetry: 'false', retryAfter: null }],
    [403, 502, 'api_error', 'upstream_auth', { shouldRetry: 'false', retryAfter: null }],
    [404, 404, 'invalid_request_error', 'model_not_found', { shouldRetry: 'false', retryAfter: null }],
    [413, 413, 'invalid_request_error', 'request_too_large', { shouldRetry: 'false', retryAfter: null }],
    [429, 429, 'requests', 'rate_limit_exceeded', { shouldRetry: null, retryAfter: '9' }],
    [500, 502, 'api_error', 'upstream_error', { shouldRetry: null, retryAfter: null }],
    [504, 504, 'api_error', 'timeout', { shouldRetry: null, retryAfter: null }],
    [529, 503, 'overloaded_error', 'overloaded', { shouldRetry: null, retryAfter: '9' }],
  ] as const)("the model API's %i is %i %s %s", async (upstream, status, type, code, { shouldRetry, retryAfter }) => {
    const response = await ask(fails(upstream, { message: words, headers: { 'retry-after': '9' } }), { stream })
    expect(response.status).toBe(status)
    const body = await response.text()
    expect(JSON.parse(body)).toEqual({
      error: { message: expect.any(String), type, param: code === 'model_not_found' ? 'model' : null, code },
    })
    expect(body).not.toMatch(/secret|internal|API Error|claude\.ai|127\.0\.0\.1/)
    expect(response.headers.get('x-should-retry')).toBe(shouldRetry)
    if (retryAfter !== null) expect(response.headers.get('retry-after')).toBe(retryAfter)
    expect(response.headers.get('x-request-id')).toMatch(/^req_/)
  })

  it.each([
    ['never answers', stallsBeforeHeaders(), 504, 'timeout'],
    ['cuts the connection', cutsBeforeStream(), 502, 'upstream_error'],
    [
      'answers with a page',
      raw(['<h1>Bad Gateway</h1>'], { status: 502, headers: { 'content-type': 'text/html' } }),
      502,
      'upstream_error',
    ],
    ['answers with garbage', raw(['not a stream']), 502, 'upstream_error'],
    ['answers with nothing', raw([]), 502, 'upstream_error'],
  ] as const)('a model API that %s is no 200', async (__, answer, status, code) => {
    const response = await ask(answer, { stream })
    expect([response.status, await response.json()]).toMatchObject([status, { error: { code } }])
  })
})

describe('a stream that fails after its first byte', () => {
  it.each([
    ['is cut', cuts(['Hel', 'lo']), 'Hello', 'backend_error'],
    ['gets an error event', errorsMidStream(['Hel', 'lo'], 'api_error', words), 'Hello', 'backend_error'],
    ['stalls', stalls(['Hel', 'lo']), 'Hello', 'timeout'],
  ] as const)(
    'because it %s ends in an error event, without finish_reason or [DONE]',
    async (_, answer, text, code) => {
      const response = await ask(answer, { stream: true })
      expect(response.status).toBe(200)
      const wire = await response.text()
      const { data } = readEvents(wire)
      const chunks = data
        .slice(0, -1)
        .map((event): { choices: { delta: { content?: string }; finish_reason: unknown }[] } => JSON.parse(event))
      expect(chunks.map((chunk) => chunk.choices[0]?.delta.content ?? '').join('')).toBe(text)
      expect(chunks.every((chunk) => chunk.choices[0]?.finish_reason === null)).toBe(true)
      expect(JSON.parse(data.at(-1) ?? '')).toEqual({
        error: { message: expect.any(String), type: expect.any(String), param: null, code },
      })
      expect(wire).not.toMatch(/\[DONE\]|secret|internal|API Error/)
    },
  )

  it('is an error status for a whole answer', async () => {
    const response = await ask(cuts(['Hel', 'lo']))
    expect([response.status, await response.json()]).toMatchObject([502, { error: { code: 'backend_error' } }])
  })
})

describe('after all this', () => {
  it('the next request works', async () => {
    const response = await test.chat({})
    expect(await response.json()).toMatchObject({ choices: [{ message: { content: 'well again' } }] })
  })
})
