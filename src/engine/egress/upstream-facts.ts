import type { CallCount } from '../call-count.ts'

/** What is known of a turn's model call from the wire itself. All of it is absent where the egress is off. */
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
  /** When the model API last sent anything, a ping included, in `performance.now()` time. */
  readonly heardAt?: number
  readonly retryAfterSeconds?: number
  /** The connection failed before a status came. */
  readonly connectionError?: string
}
