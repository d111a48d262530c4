import { describe, expect, test } from 'vitest'
import { ApiError, errorRow, type ErrorCode } from '../../src/errors.ts'
import { errorBody, errorHeaders } from '../../src/http/error-reply.ts'
import { TurnFailure, type FailureKind } from '../../src/turn/turn-failure.ts'
import { errorBodySchema } from '../../src/wire/error-body.ts'
import { chat, createTestApp } from '../support/app.ts'
import { fails } from '../support/fake-engine.ts'

/** What a caller sees of each way a turn can fail. */
const KINDS = {
  upstream_invalid_request: [400, 'upstream_invalid_request', false],
  feature_refused: [400, 'upstream_invalid_request', false],
  answer_rejected: [502, 'backend_error', true],
  context_length_exceeded: [400, 'context_length_exceeded', false],
  upstream_auth: [502, 'upstream_auth', false],
  model_not_found: [404, 'model_not_found', false],
  request_too_large: [413, 'request_too_large', false],
  rate_limited: [429, 'rate_limit_exceeded', true],
  quota_exhausted: [429, 'insufficient_quota', false],
  upstream_overloaded: [503, 'overloaded', true],
  upstream_error: [502, 'upstream_error', true],
  upstream_timeout: [504, 'timeout', true],
  stream_interrupted: [502, 'backend_error', true],
  answer_mismatch: [502, 'backend_error', true],
  worker_died: [502, 'backend_error', true],
  worker_unavailable: [503, 'backend_unavailable', true],
  queue_full: [503, 'overloaded', true],
  draining: [503, 'overloaded', true],
  not_authenticated: [503, 'not_authenticated', false],
  aborted: [499, 'client_closed_request', false],
} as const satisfies Record<FailureKind, readonly [status: number, code: string, retry: boolean]>

const ROWS = typedKeys(KINDS).map((kind) => [kind, ...KINDS[kind]] as const)

describe.each(ROWS)('a turn that fails by %s', (kind, status, code, retry) => {
  const failure = new TurnFailure(kind, 'stderr of /usr/lib/claude at api.example')
  const ask = (stream: boolean) =>
    createTestApp({ script: fails(failure) }).request('/v1/chat/completions', chat({ stream }))

  test.each([true, false])('is answered in the shape of every error, stream: %s', async (stream) => {
    const response = await ask(stream)
    expect(response.status).toBe(status)
    expect(response.headers.get('content-type')).toBe('application/json')
    expect(response.headers.get('x-should-retry')).toBe(retry ? null : 'false')
    const { error } = errorBodySchema.parse(await response.json())
    expect(error.code).toBe(code)
    expect(error.message).not.toMatch(/stderr|\/usr|api\.example/)
  })
})

describe.each<ErrorCode>(['overloaded', 'backend_unavailable'])('%s', (code) => {
  test('says when to try again', () => {
    expect(errorHeaders(new ApiError(code))['retry-after']).toBe(String(errorRow(code).retryAfterSeconds))
  })
})

test.each([
  [0, '1'],
  [0.2, '1'],
  [7.2, '8'],
  [3600, '60'],
])('a wait of %s seconds is told as %s', (retryAfterSeconds, header) => {
  expect(errorHeaders(new ApiError('rate_limit_exceeded', { retryAfterSeconds }))['retry-after']).toBe(header)
})

test('a message that grew too long is cut', () => {
  const body = errorBody(new ApiError('bad_request', { message: 'x'.repeat(100_000) }))
  expect(body.error.message.length).toBeLessThanOrEqual(1001)
})

/** The keys of an object whose type is exact. */
function typedKeys<Key extends string>(object: Record<Key, unknown>): Key[] {
  const keys: Key[] = []
  for (const key in object) keys.push(key)
  return keys
}

test('row 60: an unexpected error is a 500 for its request alone, and tells nothing of itself', async () => {
  const { request } = createTestApp({ script: fails(new TypeError('undefined at /usr/lib/dragoman')) })
  const response = await request('/v1/chat/completions', chat())
  expect(response.status).toBe(500)
  const { error } = errorBodySchema.parse(await response.json())
  expect(error.code).toBe('internal_error')
  expect(error.message).not.toContain('/usr/lib')
  expect((await request('/health')).status).toBe(200)
})
