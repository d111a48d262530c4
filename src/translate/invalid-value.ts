import { ApiError } from '../errors.ts'

/** The refusal of a value that does not fit the rest of the request; `why` is a sentence for the caller. */
export function invalidValue(param: string, why: string): ApiError {
  return new ApiError('invalid_value', { message: `Invalid value for '${param}': ${why}`, param })
}
