import type { Capabilities } from '../turn/capabilities.ts'
import type { Model } from '../turn/model.ts'
import type { Estimate, Meter } from '../turn/spending.ts'
import type { TurnEvent } from '../turn/turn-event.ts'
import type { Turn } from '../turn/turn.ts'
import type { LoginMethod } from './login-method.ts'

/** Everything the rest of the program sees of Claude Code. */
export interface Engine {
  /**
   * Asked before a request is read, so that what cannot be served costs next to nothing.
   * @throws TurnFailure `queue_full` or `draining` when a turn of this principal would be refused at once.
   */
  admit(principalId: string): void
  /**
   * Answers a turn. The first event comes when the model begins; the last is a `finish`.
   * Ending the iteration early or aborting `signal` stops the model within a second. The iteration has to be ended, by
   * reading on or by `return`, for its process to be free again.
   * @param meter hears what it takes
   * @throws TurnFailure when the turn ends without a finish; `aborted` after an abort.
   */
  run(turn: Turn, signal: AbortSignal, meter?: Meter): AsyncIterable<TurnEvent>
  /** The most that one call of a turn takes, roughly: to hold back before it. */
  estimate(turn: Turn): Estimate
  /**
   * The models of Claude Code's live list. Waits for the first process to get ready.
   * @throws TurnFailure when there is none.
   */
  models(): Promise<readonly Model[]>
  /** What a model takes, by its id or alias, as far as it is known by now: turns that fail with `feature_refused` add to it. */
  capabilities(model: string): Capabilities
  status(): EngineStatus
  /** Whether its state is `draining`: asked with every request. */
  isDraining(): boolean
  /** Takes no more turns; waits up to `graceMs` for running ones, then ends every process. Resolves when none is left. */
  close(graceMs: number): Promise<void>
}

/** A picture of the engine for health, readiness and logs. Free of secrets. */
export interface EngineStatus {
  readonly state: 'starting' | 'ready' | 'degraded' | 'draining'
  /** Why it is not `ready`, and what mends it. */
  readonly reason?: string
  /** While degraded: the next turn may try whether the login is accepted again. */
  readonly trial?: true
  /** Claude Code's version, once known. */
  readonly version?: string
  /** How Claude Code logs in, for people. */
  readonly login: string
  readonly auth: AuthStatus
  /** Whose models they are: each names them in its own way. */
  readonly provider: 'anthropic' | 'bedrock' | 'vertex' | 'foundry'
  readonly egress: boolean
  /** Whether processes serve more than one turn: once it is proven that they forget. */
  readonly reuse: 'on' | 'off' | 'unproven'
  /** Whether turns may be given commands: in a sandbox, or because the operator accepts them without one. */
  readonly commands: 'sandboxed' | 'accepted' | 'none'
  readonly workers: WorkerCounts
  /** Turns that wait for a process. */
  readonly queued: number
}

export interface AuthStatus {
  readonly method: LoginMethod | 'none'
  /** For people: what was not found that such a login needs, or has most of the time. */
  readonly missing: readonly string[]
  /** The plan of a Claude account, once a process has told it. */
  readonly subscription?: string
}

export interface WorkerCounts {
  /** Processes that are not gone yet. Those below are among them, but for spares. */
  readonly live: number
  readonly starting: number
  /** Turns that have a process, or are about to get one. */
  readonly busy: number
  /** Wait for a turn. */
  readonly idle: number
  readonly resetting: number
  readonly ending: number
  /** Spawned ahead, without a system prompt yet; they count for themselves. */
  readonly spare: number
  /** The most there may be, without spares. */
  readonly limit: number
}

export const NO_WORKERS: WorkerCounts = {
  live: 0,
  starting: 0,
  busy: 0,
  idle: 0,
  resetting: 0,
  ending: 0,
  spare: 0,
  limit: 0,
}
