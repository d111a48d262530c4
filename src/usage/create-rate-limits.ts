import type { LiveConfig } from '../config.ts'
import { addressGroup } from './address-group.ts'
import type { Allowances, CountedRequest } from './allowances.ts'
import { createMinuteWindows } from './minute-windows.ts'
import type { RateCaller, RateClass, RateLimits } from './rate-limits.ts'

const SETTING_OF = {
  chat: 'RATE_LIMIT_CHAT_PER_MINUTE',
  debug: 'RATE_LIMIT_DEBUG_PER_MINUTE',
  auth: 'RATE_LIMIT_AUTH_PER_MINUTE',
  session: 'RATE_LIMIT_SESSION_PER_MINUTE',
  health: 'RATE_LIMIT_HEALTH_PER_MINUTE',
  general: 'RATE_LIMIT_GENERAL_PER_MINUTE',
} as const satisfies Record<RateClass, keyof LiveConfig>

export interface RateLimitOptions {
  /** Asked anew for each request. */
  readonly currentConfig: () => Pick<LiveConfig, (typeof SETTING_OF)[RateClass]>
  /** Whether the limits of the settings hold at this moment. A key's own always do. */
  readonly isOn: () => boolean
  readonly allowances: Pick<Allowances, 'countRequest'>
  readonly onLimited?: (rateClass: RateClass) => void
  /** Of a clock that only goes on. */
  readonly now?: () => number
}

/**
 * A key's own limit takes the place of the settings'. What it asks of models is then counted in the database, to the last
 * request across all instances; everything else by each instance for itself.
 */
export function createRateLimits({ currentConfig, isOn, allowances, onLimited, now }: RateLimitOptions): RateLimits {
  const windows = createMinuteWindows(now)
  const countOne = (
    caller: RateCaller,
    rateClass: RateClass,
    limit: number,
  ): CountedRequest | Promise<CountedRequest> => {
    const { principal, grant, hasKey, address } = caller
    if (rateClass === 'chat' && grant.requestsPerMinute !== undefined) {
      return allowances.countRequest(principal.id, limit)
    }
    if (hasKey) return windows.count(`${rateClass} by key ${principal.id}`, limit)
    const crowd = `${rateClass} by address`
    return windows.count(`${crowd} ${addressGroup(address)}`, limit, crowd)
  }
  return {
    async count(caller, rateClass) {
      const limit = caller.grant.requestsPerMinute ?? (isOn() ? currentConfig()[SETTING_OF[rateClass]] : undefined)
      if (limit === undefined) return undefined
      const { allowed, used, resetMs } = await countOne(caller, rateClass, limit)
      if (!allowed) onLimited?.(rateClass)
      return { allowed, limit, remaining: Math.max(0, limit - used), resetMs }
    },
  }
}
