import { describe, expect, it } from 'vitest'
import { errorRow } from '../../src/errors.ts'
import { failureToError } from '../../src/translate/failure-to-error.ts'
import { TurnFailure, type FailureKind } from '../../src/turn/turn-failure.ts'

const TABLE: readonly (readonly [FailureKind, string, number])[] = [
  ['upstream_invalid_request', 'upstream_invalid_request', 400],
  ['feature_refused', 'upstream_invalid_request', 400],
  ['answer_rejected', 'answer_rejected', 502],
  ['context_length_exceeded', 'context_length_exceeded', 400],
  ['upstream_auth', 'upstream_auth', 502],
  ['model_not_found', 'model_not_found', 404],
  ['request_too_large', 'request_too_large', 413],
  ['rate_limited', 'rate_limit_exceeded', 429],
  ['quota_exhausted', 'insufficient_quota', 429],
  ['upstream_overloaded', 'overloaded', 503],
  ['upstream_error', 'upstream_error', 502],
  ['upstream_timeout', 'upstream_timeout', 504],
  ['stream_interrupted', 'backend_error', 502],
  ['answer_mismatch', 'backend_error', 502],
  ['worker_died', 'backend_error', 502],
  ['worker_unavailable', 'backend_unavailable', 503],
  ['queue_full', 'overloaded', 503],
  ['draining', 'overloaded', 503],
  ['not_authenticated', 'not_authenticated', 503],
  ['aborted', 'client_closed_request', 499],
]

describe('failureToError', () => {
  it.each(TABLE)('tells %s as %s, %d', (kind, code, status) => {
    const failure = new TurnFailure(kind, 'secret /path of host')
    const error = failureToError(failure)
    expect(error.code).toBe(code)
    expect(errorRow(error.code).status).toBe(status)
    expect(error.message).not.toContain('secret')
    expect(error.cause).toBe(failure)
  })

  it.each([
    [7.2, 8],
    [0, 1],
    [3600, 60],
    [Infinity, undefined],
    [undefined, undefined],
  ])('passes on a wait of %d seconds as %d', (retryAfterSeconds, told) => {
    expect(failureToError(new TurnFailure('rate_limited', '', { retryAfterSeconds })).retryAfterSeconds).toBe(told)
  })

  it.each([
    [30, 'a minute'],
    [1500, '25 minutes'],
    [3 * 3600, '3 hours'],
    [3 * 86_400, '3 days'],
  ])('says when a limit reached resets, without asking to wait for it: %d s', (retryAfterSeconds, words) => {
    const error = failureToError(new TurnFailure('quota_exhausted', '', { retryAfterSeconds }))
    expect(error.message).toContain(`It resets in ${words}.`)
    expect(error.retryAfterSeconds).toBeUndefined()
  })
})
