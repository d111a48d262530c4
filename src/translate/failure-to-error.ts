/** How a failed turn is told to a caller. */
import { ApiError, type ErrorCode } from '../errors.ts'
import type { TurnFailure } from '../turn/turn-failure.ts'

/** Client libraries sleep as long as they are told to, without a cap of their own. */
const MAX_RETRY_AFTER_SECONDS = 60

export function failureToError(failure: TurnFailure): ApiError {
  switch (failure.kind) {
    case 'upstream_invalid_request':
      return told('upstream_invalid_request', failure)
    case 'context_length_exceeded':
      return new ApiError('context_length_exceeded', { cause: failure, param: 'messages' })
    case 'upstream_auth':
      return told('upstream_auth', failure)
    case 'model_not_found':
      return new ApiError('model_not_found', { cause: failure, param: 'model' })
    case 'request_too_large':
      return told('request_too_large', failure)
    case 'rate_limited':
      return told('rate_limit_exceeded', failure)
    case 'quota_exhausted':
      return quotaExhausted(failure)
    case 'upstream_overloaded':
    case 'queue_full':
    case 'draining':
      return told('overloaded', failure)
    case 'upstream_error':
      return told('upstream_error', failure)
    case 'upstream_timeout':
      return told('upstream_timeout', failure)
    case 'stream_interrupted':
    case 'answer_mismatch':
    case 'worker_died':
      return told('backend_error', failure)
    case 'worker_unavailable':
      return told('backend_unavailable', failure)
    case 'not_authenticated':
      return told('not_authenticated', failure)
    case 'aborted':
      return told('client_closed_request', failure)
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
