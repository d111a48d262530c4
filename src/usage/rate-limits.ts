/** How often callers may call, as the HTTP side sees it. */
import type { Grant } from '../keys/grant.ts'
import type { Principal } from '../turn/turn.ts'

/** What is counted together. `chat` asks models. */
export const RATE_CLASSES = ['chat', 'debug', 'auth', 'session', 'health', 'general'] as const
export type RateClass = (typeof RATE_CLASSES)[number]

export interface RateLimits {
  /** Counts a request. Undefined where no limit holds. @throws StoreUnavailable */
  count(caller: RateCaller, rateClass: RateClass): Promise<RateState | undefined>
}

export interface RateCaller {
  readonly principal: Principal
  readonly grant: Grant
  /** Whether it proved by a key who it is. */
  readonly hasKey: boolean
  /** Where it calls from. */
  readonly address: string
}

export interface RateState {
  /** Whether this request is within the limit. */
  readonly allowed: boolean
  /** Requests in a minute. */
  readonly limit: number
  readonly remaining: number
  /** Until there is room for as many as the limit says. */
  readonly resetMs: number
}
