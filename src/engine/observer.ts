import type { FinishReason } from '../turn/turn-event.ts'
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

/**
 * How the process of a turn was found: it held the conversation, it was emptied, it had been started ahead for the profile
 * or without one, it was started with the conversation, or empty.
 */
export const LEASE_KINDS = ['continued', 'reused', 'warm', 'spare', 'resumed', 'new'] as const
export type LeaseKind = (typeof LEASE_KINDS)[number]

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
