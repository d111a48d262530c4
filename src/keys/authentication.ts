/** Who calls, as the HTTP side sees it. */
import type { ApiError } from '../errors.ts'
import type { Principal } from '../turn/turn.ts'
import type { Grant } from './grant.ts'

export interface Authentication {
  /**
   * Who sent this key, or none. Never rejects, and takes the same time for every wrong key.
   * @param key visible ASCII
   */
  identify(key: string | undefined): Promise<Caller>
  /**
   * Calls `cut` when the caller's key is revoked or expires while a request of it runs.
   * @returns what ends that
   */
  watch(caller: Caller, cut: (reason: ApiError) => void): () => void
  /** Whether callers need a key, as far as is known. */
  needsKey(): boolean
  close(): void
}

export interface Caller {
  readonly principal: Principal
  /** Whether it proved who it is, or need not. */
  readonly trusted: boolean
  readonly grant: Grant
  /** The id of its stored key, if it is one. */
  readonly keyId?: string
  /** Why it is not trusted, where that is not for want of a valid key. */
  readonly refusal?: ApiError
}

export const ANONYMOUS: Principal = { id: 'anonymous' }
