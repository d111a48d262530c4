import type { FinishReason } from '../turn/turn-event.ts'
import type { FailureKind } from '../turn/turn-failure.ts'

/** Why a process was ended. */
export type EndReason =
  | 'age'
  | 'turns'
  | 'memory'
  | 'idle'
  | 'room'
  | 'broken'
  | 'out_of_memory'
  | 'single_use'
  | 'shutdown'

/**
 * How the process of a turn was found: it held the conversation, it was emptied, it had been started ahead for the profile
 * or without one, it was started with the conversation, or empty.
 */
export type LeaseKind = 'continued' | 'reused' | 'warm' | 'spare' | 'resumed' | 'new'

/** What the engine tells of its work, for whoever counts. Nothing here holds text or names of callers. */
export interface EngineObserver {
  waited(seconds: number): void
  leased(kind: LeaseKind): void
  /** From the start of a process until it was ready. */
  started(seconds: number): void
  reset(outcome: 'done' | 'refused'): void
  ended(reason: EndReason): void
  firstToken(seconds: number): void
  turnEnded(outcome: FinishReason | FailureKind | 'left', seconds: number): void
}
