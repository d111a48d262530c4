import type { ErrorCode } from '../errors.ts'

/** How an endpoint that asks the model can fail, beside what every route can. */
export const TURN_ERRORS: readonly ErrorCode[] = [
  'missing_required_parameter',
  'invalid_type',
  'invalid_value',
  'empty_array',
  'array_above_max_length',
  'string_above_max_length',
  'invalid_function_parameters',
  'integer_below_min_value',
  'decimal_above_max_value',
  'unsupported_parameter',
  'context_length_exceeded',
  'upstream_invalid_request',
  'model_not_found',
  'model_not_allowed',
  'idempotency_key_in_use',
  'idempotency_key_reused',
  'idempotent_answer_lost',
  'store_unavailable',
  'rate_limit_exceeded',
  'insufficient_quota',
  'too_many_requests',
  'limit_reserved',
  'budget_exceeded',
  'upstream_auth',
  'upstream_error',
  'backend_error',
  'backend_unavailable',
  'not_authenticated',
  'upstream_timeout',
]

/** And one that goes on with a session. */
export const SESSION_ERRORS: readonly ErrorCode[] = [
  'session_busy',
  'session_lost',
  'session_full',
  'too_many_sessions',
]
