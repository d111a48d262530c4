import { ApiError } from '../errors.ts'
import { ANONYMOUS, type Caller } from '../keys/authentication.ts'
import type { RateClass, RateLimits, RateState } from '../usage/rate-limits.ts'

export interface Limited {
  readonly caller: Caller
  readonly rateClass: RateClass
  /** Where the caller calls from. */
  readonly address: string
  /** The answer's. */
  readonly headers: Headers
}

/**
 * Counts a request, and says in the answer's headers what is left.
 * @throws ApiError `too_many_requests`, StoreUnavailable where nobody can say
 */
export async function limitRate(limits: RateLimits, { caller, rateClass, address, headers }: Limited): Promise<void> {
  const { principal, grant } = caller
  const hasKey = principal.id !== ANONYMOUS.id
  const state = await limits.count({ principal, grant, hasKey, address }, rateClass)
  if (state === undefined) return
  for (const [name, value] of Object.entries(rateHeaders(state))) headers.set(name, value)
  if (state.allowed) return
  const seconds = Math.max(1, Math.ceil(state.resetMs / 1000))
  const message = `Rate limit exceeded. Try again in ${seconds} seconds.`
  throw new ApiError('too_many_requests', { message, retryAfterSeconds: seconds })
}

function rateHeaders({ limit, remaining, resetMs }: RateState): Record<string, string> {
  return {
    'x-ratelimit-limit-requests': String(limit),
    'x-ratelimit-remaining-requests': String(remaining),
    'x-ratelimit-reset-requests': duration(resetMs),
  }
}

/** As OpenAI writes them: `6m0s`, `12s`, `120ms`. */
function duration(ms: number): string {
  if (ms < 1000) return `${Math.max(1, Math.ceil(ms))}ms`
  const seconds = Math.ceil(ms / 1000)
  return seconds < 60 ? `${seconds}s` : `${Math.floor(seconds / 60)}m${seconds % 60}s`
}
