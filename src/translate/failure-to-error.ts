/** How a failed turn is told to a caller. */
import { ApiError, type ErrorCode } from '../errors.ts'
import type { FailureKind, TurnFailure } from '../turn/turn-failure.ts'

/** Client libraries sleep as long as they are told to, without a cap of their own. */
const MAX_RETRY_AFTER_SECONDS = 60

/** The row of each. */
const ROWS: Readonly<Record<FailureKind, ErrorCode>> = {
  upstream_invalid_request: 'upstream_invalid_request',
  feature_refused: 'upstream_invalid_request',
  context_length_exceeded: 'context_length_exceeded',
  upstream_auth: 'upstream_auth',
  model_not_found: 'model_not_found',
  request_too_large: 'request_too_large',
  rate_limited: 'rate_limit_exceeded',
  quota_exhausted: 'insufficient_quota',
  upstream_overloaded: 'overloaded',
  queue_full: 'overloaded',
  draining: 'overloaded',
  upstream_error: 'upstream_error',
  upstream_timeout: 'upstream_timeout',
  stream_interrupted: 'backend_error',
  answer_mismatch: 'backend_error',
  worker_died: 'backend_error',
  answer_rejected: 'answer_rejected',
  worker_unavailable: 'backend_unavailable',
  not_authenticated: 'not_authenticated',
  aborted: 'client_closed_request',
}

export function failureToError(failure: TurnFailure): ApiError {
  switch (failure.kind) {
    case 'context_length_exceeded':
      return new ApiError('context_length_exceeded', { cause: failure, param: 'messages' })
    case 'model_not_found':
      return new ApiError('model_not_found', { cause: failure, param: 'model' })
    case 'quota_exhausted':
      return quotaExhausted(failure)
    default:
      return told(ROWS[failure.kind], failure)
  }
}

function told(code: ErrorCode, failure: TurnFailure): ApiError {
  const seconds = failure.retryAfterSeconds
  if (seconds === undefined || !Number.isFinite(seconds)) return new ApiError(code, { cause: failure })
  const retryAfterSeconds = Math.min(MAX_RETRY_AFTER_SECONDS, Math.max(1, Math.ceil(seconds)))
  return new ApiError(code, { cause: failure, retryAfterSeconds })
}

/** Plan limits reset in hours or days: too long to wait for, so it is said in words and `retry-after` is left out. */
function quotaExhausted(failure: TurnFailure): ApiError {
  const seconds = failure.retryAfterSeconds
  const reset = seconds === undefined || !Number.isFinite(seconds) ? '' : ` It resets in ${duration(seconds)}.`
  return new ApiError('insufficient_quota', {
    message: `The account's spend or plan limit at the model API is reached.${reset}`,
    cause: failure,
  })
}

function duration(seconds: number): string {
  const minutes = Math.max(1, Math.ceil(seconds / 60))
  if (minutes <= 90) return minutes === 1 ? 'a minute' : `${minutes} minutes`
  const hours = Math.round(minutes / 60)
  return hours <= 48 ? `${hours} hours` : `${Math.round(hours / 24)} days`
}
