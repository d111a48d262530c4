import type { Model } from '../turn/model.ts'
import type { Turn } from '../turn/turn.ts'

/** A turn with what the engine knows beside it. */
export interface Question {
  readonly turn: Turn
  /** The digests of its conversation. */
  readonly chain: readonly string[]
  /** The live list's entry of its model, where there is one. */
  readonly model: Model | undefined
  /** Asked of the egress, not of the model. */
  readonly isRehearsal?: boolean
}
