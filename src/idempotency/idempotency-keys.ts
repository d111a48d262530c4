/**
 * Requests that must not be done twice, as the endpoints see them
 * (https://datatracker.ietf.org/doc/draft-ietf-httpapi-idempotency-key-header). Each caller has keys of its own.
 */
export interface IdempotencyKeys {
  /**
   * The answer that is kept under a key, or this request as the one that is answered.
   * @throws ApiError `idempotency_key_in_use`, `idempotency_key_reused` or `idempotent_answer_lost`; StoreUnavailable
   */
  begin(request: IdempotentRequest): Promise<KeptAnswer | OpenAnswer>
  close(): void
}

export interface IdempotentRequest {
  readonly principalId: string
  readonly key: string
  /** Of all that makes it this request. */
  readonly fingerprint: string
  readonly requestId: string
}

export interface KeptAnswer {
  readonly kind: 'kept'
  /** In JSON. */
  readonly answer: string
}

/** A request that is being answered. Every other one of its key is refused meanwhile. */
export interface OpenAnswer {
  readonly kind: 'open'
  /** The longest answer that is kept, in characters. Of a longer one it is known only that it was given. */
  readonly longest: number
  /**
   * The answer is kept when this resolves, and given to whoever asks the same again. Never rejects: it is given in any case,
   * and what kept it from being kept is in the log.
   * @param answer in JSON; undefined for one that is too long
   */
  keep(answer: string | undefined): Promise<void>
  /** Unless an answer is kept, the key is free: the same request would be done anew. Never rejects. */
  release(): Promise<void>
}
