import { errorRow, type ApiError } from '../errors.ts'
import type { ErrorBody } from '../wire/error-body.ts'
import { clip } from '../wire/quote.ts'

/** Our sentences are shorter; this bounds what a caller's own text can blow them up to. */
const MAX_MESSAGE = 1000
/** Clients wait for any `retry-after` they are told. */
const MAX_RETRY_AFTER = 60

export function errorBody(error: ApiError): ErrorBody {
  const row = errorRow(error.code)
  return {
    error: {
      message: clip(error.message, MAX_MESSAGE),
      type: row.type,
      param: error.param,
      code: row.code ?? error.code,
      ...(row.tellsWait === true && { retry_after: waitOf(error) ?? 1 }),
    },
  }
}

export function errorHeaders(error: ApiError): Readonly<Record<string, string>> {
  const row = errorRow(error.code)
  const seconds = waitOf(error)
  return {
    ...(row.status === 401 && { 'www-authenticate': 'Bearer' }),
    ...(seconds !== undefined && { 'retry-after': String(seconds) }),
    ...(row.retryAfterMs !== undefined && { 'retry-after-ms': String(row.retryAfterMs) }),
    ...(!row.retry && { 'x-should-retry': 'false' }),
  }
}

/** Whole seconds. */
function waitOf(error: ApiError): number | undefined {
  const seconds = error.retryAfterSeconds ?? errorRow(error.code).retryAfterSeconds
  return seconds === undefined ? undefined : Math.min(MAX_RETRY_AFTER, Math.max(1, Math.ceil(seconds)))
}
