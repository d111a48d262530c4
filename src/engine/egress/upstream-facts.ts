import type { CallCount } from '../call-count.ts'

/** What is known of a turn's model call, of several of the last, from the wire itself. All of it is absent where the egress is off. */
export interface UpstreamFacts {
  /** Calls that the process made; only the first went out. */
  readonly calls: number
  readonly status?: number
  readonly requestId?: string
  /** The error that the model API answered with, in its own words: for logs and classification, never for callers. */
  readonly error?: { readonly type: string; readonly message: string }
  /** All of the request went to the model API. */
  readonly isSent?: true
  /** Counts the call, also one that is broken off. */
  readonly count?: CallCount
  /** Counts each of several calls. `count` is the last of them then. */
  readonly counts?: readonly CallCount[]
  /** When the model API last sent anything, a ping included, in `performance.now()` time. */
  readonly heardAt?: number
  /** A call was not let through for want of money. */
  readonly isOutOfBudget?: true
  /** A call of the model's own was not let through because there had been so many, those of tools among them. */
  readonly isOutOfCalls?: true
  readonly retryAfterSeconds?: number
  /** The connection failed before a status came. */
  readonly connectionError?: string
}
