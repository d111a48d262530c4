import { ApiError, type ErrorCode } from '../errors.ts'

/** The refusal of a value that does not fit the rest of the request; `why` is a sentence for the caller. */
export function invalidValue(param: string, why: string, code: ErrorCode = 'invalid_value'): ApiError {
  return new ApiError(code, { message: `Invalid value for '${param}': ${why}`, param })
}
