import { ApiError } from '../errors.ts'

/** The refusal of something known that cannot be honoured; `why` is a sentence for the caller. */
export function unsupported(param: string, why: string): ApiError {
  return new ApiError('unsupported_parameter', { message: `Unsupported parameter: '${param}'. ${why}`, param })
}
