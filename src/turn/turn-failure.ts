import type { Feature } from './capabilities.ts'

/** Every way a turn can fail, in neutral words. The HTTP side maps each kind to a row of its error table. */
export type FailureKind =
  /** The model API refused the request as malformed. */
  | 'upstream_invalid_request'
  /** The model cannot do what `feature` says. Asked without it, the same turn may succeed. */
  | 'feature_refused'
  /** The answer is complete and not what was asked for: no call where one has to be, JSON of another form. */
  | 'answer_rejected'
  | 'context_length_exceeded'
  /** The model API does not take our login. */
  | 'upstream_auth'
  | 'model_not_found'
  | 'request_too_large'
  | 'rate_limited'
  /** Credit, spend or plan limit of the account reached. */
  | 'quota_exhausted'
  | 'upstream_overloaded'
  /** The model API failed, or the connection to it did before anything came. */
  | 'upstream_error'
  /** The model API did not answer in time, or stopped sending. */
  | 'upstream_timeout'
  /** The answer broke off. */
  | 'stream_interrupted'
  /** The process ended the turn with something else than was streamed. */
  | 'answer_mismatch'
  /** The process died or ended without an answer. */
  | 'worker_died'
  /** No process could be started, or none got ready in time. */
  | 'worker_unavailable'
  /** The queue is full, or the wait in it too long. */
  | 'queue_full'
  /** Shutting down. */
  | 'draining'
  | 'not_authenticated'
  /** The caller left or the server ended the turn. */
  | 'aborted'

/** Thrown by the engine when a turn ends without a finish. The message is for logs, never for callers. */
export class TurnFailure extends Error {
  override readonly name = 'TurnFailure'
  readonly kind: FailureKind
  /** Seconds to wait before another try, where the model API said so. */
  readonly retryAfterSeconds: number | undefined
  /** With `feature_refused`. */
  readonly feature: Feature | undefined

  constructor(
    kind: FailureKind,
    message: string,
    options: { cause?: unknown; retryAfterSeconds?: number | undefined; feature?: Feature } = {},
  ) {
    super(message, 'cause' in options ? { cause: options.cause } : undefined)
    this.kind = kind
    this.retryAfterSeconds = options.retryAfterSeconds
    this.feature = options.feature
  }
}
