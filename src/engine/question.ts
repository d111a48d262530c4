import type { Turn } from '../turn/turn.ts'
import type { AnsweredCalls } from './reasoning-reader.ts'
import type { Taken } from './call-watch.ts'
import type { ToolGateOptions } from './egress/tool-gate.ts'
import type { Reader } from './stream-answer.ts'
import type { KnownModel } from './turn-settings.ts'

/** A turn with what the engine knows beside it. */
export interface Question {
  readonly turn: Turn
  /** The digests of its conversation. */
  readonly chain: readonly string[]
  readonly model: KnownModel
  /** Present where the turn takes more than one call: how they are read, and let through. */
  readonly steps?: { readonly reader: Reader; readonly gate: ToolGateOptions }
  /** Hears of an answer before its end is told. */
  readonly onAnswer?: (answer: AnsweredCalls) => void
  /** Hears once what its calls took: before its end or its failure is told. */
  readonly onTaken?: (taken: Taken) => void
  /** Asked of the egress, not of the model. */
  readonly isRehearsal?: boolean
}
