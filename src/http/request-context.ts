import type { LiveConfig } from '../config.ts'
import type { Logger } from '../log.ts'
import type { Principal } from '../turn/turn.ts'
import type { Grant } from '../keys/grant.ts'
import type { RequestMeter } from '../usage/request-meter.ts'

/** What an endpoint has to say of a request in the access log: no content. */
export type AccessFacts = Readonly<Record<string, string | number>>

export interface Idempotency {
  readonly key: string
  /** The same for the same request: its route, its body, byte for byte, and the headers of this API's own contract. */
  readonly fingerprint: string
}

/** Everything an endpoint gets to know of a request. Built field by field by the pipeline; the raw request stays there. */
export interface RequestContext {
  /** `req_` and 32 hex digits, the answer's `x-request-id`. */
  readonly id: string
  /** What the settings were when it came: they may change while it runs. */
  readonly config: LiveConfig
  readonly principal: Principal
  /** Whether the caller may see details of the server: it sent a valid key, or the server asks for none. */
  readonly trusted: boolean
  /** What the caller may do, and how much. */
  readonly grant: Grant
  /** Aborts with an `ApiError` as reason: the caller left, the time is over, or the server ends. */
  readonly signal: AbortSignal
  readonly log: Logger
  /** When it came, in milliseconds of `performance.now()`. */
  readonly began: number
  /** For what it takes of the models. */
  readonly meter: RequestMeter
  /** Adds to its line in the access log. A later value of the same name counts. */
  readonly note: (facts: AccessFacts) => void
  /** The JSON body; empty for a route that takes none. */
  readonly body: Readonly<Record<string, unknown>>
  /**
   * Room for so many bytes that are read for the request besides its body, until its answer is out.
   * @throws ApiError `overloaded`
   */
  readonly takeRoom: (bytes: number) => void
  /** The headers that belong to this API's own contract (`x-claude-*`), by their lower-case names. */
  readonly extensions: Readonly<Record<string, string>>
  /** Present when the caller sent an `Idempotency-Key` with a body. */
  readonly idempotency: Idempotency | undefined
  /** Path parameters, URL-decoded. */
  readonly params: Readonly<Record<string, string>>
  /** What stands after the `?`; of a name that stands there twice, the last. */
  readonly query: Readonly<Record<string, string>>
  /** Headers for the answer, whatever it becomes: they are sent with an error too. */
  readonly replyHeaders: Headers
}
