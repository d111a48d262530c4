import { ApiError } from '../errors.ts'
import { StoreUnavailable } from '../store/store-unavailable.ts'
import { failureToError } from '../translate/failure-to-error.ts'
import { TurnFailure } from '../turn/turn-failure.ts'

/** A failed turn or an absent database in the words of the error table; undefined for what is neither. */
export function explainFailure(error: unknown): ApiError | undefined {
  if (error instanceof StoreUnavailable) return new ApiError('store_unavailable', { cause: error })
  return error instanceof TurnFailure ? failureToError(error) : undefined
}
