import { describe, expect, it } from 'vitest'
import { upstreamFailure } from '../../src/engine/failures.ts'

const unseen = { calls: 1 }

describe('failure of a model call', () => {
  it.each([
    [400, 'upstream_invalid_request'],
    [401, 'upstream_auth'],
    [402, 'quota_exhausted'],
    [403, 'upstream_auth'],
    [404, 'model_not_found'],
    [408, 'upstream_timeout'],
    [413, 'request_too_large'],
    [429, 'rate_limited'],
    [500, 'upstream_error'],
    [502, 'upstream_error'],
    [503, 'upstream_overloaded'],
    [504, 'upstream_timeout'],
    [529, 'upstream_overloaded'],
  ] as const)('with status %i is %s, seen on the wire or reported by the process', (status, kind) => {
    expect(upstreamFailure({ calls: 1, status }, {}).kind).toBe(kind)
    expect(upstreamFailure(unseen, { status }).kind).toBe(kind)
  })

  it('believes the wire before the process', () => {
    expect(upstreamFailure({ calls: 1, status: 429 }, { status: 500, code: 'server_error' }).kind).toBe('rate_limited')
  })

  it.each([
    [
      {
        calls: 1,
        status: 400,
        error: { type: 'invalid_request_error', message: 'prompt is too long: 210000 tokens > 200000 maximum' },
      },
      {},
    ],
    [unseen, { status: 400, terminalReason: 'prompt_too_long' }],
    [unseen, { terminalReason: 'prompt_too_long' }],
    [{ calls: 0 }, { code: 'invalid_request', terminalReason: 'blocking_limit', text: 'Prompt is too long' }],
  ])('tells a prompt that is too long apart: %o %o', (facts, reported) => {
    expect(upstreamFailure(facts, reported).kind).toBe('context_length_exceeded')
  })

  it.each([
    [
      { calls: 1, status: 400, error: { type: 'invalid_request_error', message: 'Your credit balance is too low' } },
      {},
    ],
    [unseen, { code: 'billing_error' }],
  ])('tells an account without money apart: %o %o', (facts, reported) => {
    expect(upstreamFailure(facts, reported).kind).toBe('quota_exhausted')
  })

  it('is about the login when a provider has no credentials', () => {
    expect(upstreamFailure(unseen, { code: 'cloud_credential_error' }).kind).toBe('upstream_auth')
  })

  it('is about the login when the process has none', () => {
    const reported = { code: 'authentication_failed', text: 'Not logged in · Please run /login' }
    expect(upstreamFailure(unseen, reported).kind).toBe('not_authenticated')
  })

  it('takes an error event in a stream that began well', () => {
    const facts = { calls: 1, status: 200, error: { type: 'overloaded_error', message: 'Overloaded' } }
    expect(upstreamFailure(facts, { code: 'unknown' }).kind).toBe('upstream_overloaded')
  })

  it('keeps little of what the model API says, which can quote the caller', () => {
    const error = { type: 'invalid_request_error', message: 'x'.repeat(50_000) }
    expect(upstreamFailure({ calls: 1, status: 400, error }, {}).message.length).toBeLessThan(1000)
  })

  it('keeps the wait that the model API asked for', () => {
    expect(upstreamFailure({ calls: 1, status: 429, retryAfterSeconds: 7 }, {}).retryAfterSeconds).toBe(7)
  })

  it('is an upstream error when the connection failed', () => {
    expect(upstreamFailure({ calls: 1, connectionError: 'ECONNREFUSED' }, { status: 502 }).kind).toBe('upstream_error')
  })
})
