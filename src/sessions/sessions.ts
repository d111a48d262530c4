/** Conversations that live on the server, as the endpoints see them. What is said in them is theirs to read. */
import type { Transcript } from '../turn/own-tools.ts'

export interface Sessions {
  /**
   * Makes this request the writer of a session, which begins here where there is none of that name.
   * @throws ApiError `session_busy`, `session_full` or `too_many_sessions`; StoreUnavailable
   */
  begin(request: SessionRequest): Promise<SessionTurn>
  /** @throws ApiError `invalid_value` for an `after` that is not there; StoreUnavailable, as do those below */
  list(principalId: string, page: { readonly after: string | undefined; readonly most: number }): Promise<SessionList>
  /** Undefined where the caller has none of that name. */
  find(principalId: string, name: string, takeRoom: TakeRoom): Promise<SessionContent | undefined>
  /** @returns whether it was there. @throws ApiError `session_busy` */
  remove(principalId: string, name: string): Promise<boolean>
  stats(principalId: string): Promise<SessionStats>
  close(): void
}

export interface SessionRequest {
  readonly principalId: string
  /** As the caller calls the session. */
  readonly name: string
  readonly requestId: string
  /** Messages that the request adds. */
  readonly messages: number
  /** Of those, in JSON. */
  readonly bytes: number
  readonly takeRoom: TakeRoom
}

/** Told how many bytes of a session are about to be read. What it throws is thrown on, and nothing is read. */
export type TakeRoom = (bytes: number) => void

/** A turn that is being added to a session. Nobody else adds one meanwhile. */
export interface SessionTurn {
  /** What the ledger calls the session. */
  readonly sessionId: string
  /** From 1. */
  readonly number: number
  /** What stands before the first turn, and what each turn so far has added, in JSON. */
  readonly system: string
  readonly earlier: readonly string[]
  /**
   * For a turn with Claude Code's own tools. What is appended is stored with the turn, or else is none. A turn that appends
   * nothing ends the transcript, which would lack it: the next one begins another. `append` rejects with `session_full`, and
   * with `session_lost` as soon as the turn is over or is known to be lost.
   */
  transcript(): Transcript
  /**
   * What the turn adds is stored when this resolves, and the session is free.
   * @throws ApiError `session_lost`, `session_full` for a transcript that it has no room for; StoreUnavailable
   */
  commit(added: SessionAddition): Promise<void>
  /** Leaves the session as it was before, unless the turn is committed. Never rejects. */
  release(): Promise<void>
}

export interface SessionAddition {
  /** In JSON; absent where it stays as it is. */
  readonly system?: string
  /** In JSON. */
  readonly content: string
  readonly messages: number
  readonly model: string
}

/** Times are in milliseconds since 1970. */
export interface SessionFacts {
  readonly name: string
  readonly createdAt: number
  readonly usedAt: number
  readonly expiresAt: number
  readonly turns: number
  readonly messages: number
  readonly bytes: number
  readonly model: string | null
  readonly isBusy: boolean
}

export interface SessionList {
  readonly sessions: readonly SessionFacts[]
  readonly hasMore: boolean
}

export interface SessionContent {
  readonly facts: SessionFacts
  readonly system: string
  readonly turns: readonly string[]
  readonly taken: SessionUsage
}

export interface SessionUsage {
  readonly calls: number
  readonly inputTokens: number
  readonly cacheReadTokens: number
  readonly cacheWriteTokens: number
  readonly outputTokens: number
  readonly reasoningTokens: number
  /** Billionths of a US dollar. */
  readonly costNano: number
}

export interface SessionStats {
  readonly sessions: number
  readonly busy: number
  readonly turns: number
  readonly messages: number
  readonly bytes: number
}
