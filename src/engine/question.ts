import type { Turn } from '../turn/turn.ts'
import type { KnownModel } from './turn-settings.ts'

/** A turn with what the engine knows beside it. */
export interface Question {
  readonly turn: Turn
  /** The digests of its conversation. */
  readonly chain: readonly string[]
  readonly model: KnownModel
  /** Asked of the egress, not of the model. */
  readonly isRehearsal?: boolean
}
