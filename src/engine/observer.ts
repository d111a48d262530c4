import type { FinishReason, LeaseKind } from '../turn/turn-event.ts'
import { type FailureKind, TurnFailure } from '../turn/turn-failure.ts'

/** Why a process was ended. */
export const END_REASONS = [
  'age',
  'turns',
  'memory',
  'idle',
  'room',
  'broken',
  'out_of_memory',
  'single_use',
  'shutdown',
] as const
export type EndReason = (typeof END_REASONS)[number]

export const RESET_OUTCOMES = ['done', 'refused'] as const
export type ResetOutcome = (typeof RESET_OUTCOMES)[number]

/** An answer is rejected by who asked, not here. */
export type TurnOutcome = FinishReason | Exclude<FailureKind, 'answer_rejected'> | 'left'

export function outcomeOf(error: unknown): TurnOutcome {
  return error instanceof TurnFailure && error.kind !== 'answer_rejected' ? error.kind : 'worker_died'
}

/** What the engine tells of its work, for whoever counts. Nothing here holds text or names of callers. */
export interface EngineObserver {
  waited(seconds: number): void
  leased(kind: LeaseKind): void
  /** From the start of a process until it was ready. */
  started(seconds: number): void
  reset(outcome: ResetOutcome): void
  ended(reason: EndReason): void
  firstToken(seconds: number): void
  turnEnded(outcome: TurnOutcome, seconds: number): void
}
