import type { CountedUsage } from './stream-tap.ts'

/** What is known of a turn's model call from the wire itself. All of it is absent where the egress is off. */
export interface UpstreamFacts {
  /** Calls that the process made; only the first went out. */
  readonly calls: number
  readonly status?: number
  readonly requestId?: string
  /** The error that the model API answered with, in its own words: for logs and classification, never for callers. */
  readonly error?: { readonly type: string; readonly message: string }
  /** Counted so far, also of a call that was broken off. */
  readonly usage?: CountedUsage
  /** When the model API last sent anything, a ping included, in `performance.now()` time. */
  readonly heardAt?: number
  readonly retryAfterSeconds?: number
  /** The connection failed before a status came. */
  readonly connectionError?: string
}
