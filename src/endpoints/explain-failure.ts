import type { ApiError } from '../errors.ts'
import { failureToError } from '../translate/failure-to-error.ts'
import { TurnFailure } from '../turn/turn-failure.ts'

/** A failed turn in the words of the error table; undefined for what is no failed turn. */
export function explainFailure(error: unknown): ApiError | undefined {
  return error instanceof TurnFailure ? failureToError(error) : undefined
}
