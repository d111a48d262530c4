import type { Turn } from '../turn/turn.ts'
import type { AnsweredCalls } from './reasoning-reader.ts'
import type { EndedCall } from './call-account.ts'
import type { KnownModel } from './turn-settings.ts'

/** A turn with what the engine knows beside it. */
export interface Question {
  readonly turn: Turn
  /** The digests of its conversation. */
  readonly chain: readonly string[]
  readonly model: KnownModel
  /** Hears of an answer before its end is told. */
  readonly onAnswer?: (answer: AnsweredCalls) => void
  /** Hears what the call took before its end is told, and when it is over. Not where the model was not asked. */
  readonly onEnd?: (call: EndedCall) => void
  /** Asked of the egress, not of the model. */
  readonly isRehearsal?: boolean
}
