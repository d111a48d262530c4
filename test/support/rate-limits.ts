import type { Config } from '../../src/config.ts'
import type { Allowances } from '../../src/usage/allowances.ts'
import { createRateLimits, type RateLimitOptions } from '../../src/usage/create-rate-limits.ts'
import { createMinuteWindows } from '../../src/usage/minute-windows.ts'
import type { RateLimits } from '../../src/usage/rate-limits.ts'

type TestRateLimitOptions = Partial<Pick<RateLimitOptions, 'now' | 'onLimited' | 'allowances'>>

/** Off unless the settings turn them on. Keys' own are counted in memory. */
export function createTestRateLimits(
  config: Config,
  { now, onLimited, allowances = inMemory() }: TestRateLimitOptions = {},
): RateLimits {
  const isOn = (): boolean => config.RATE_LIMIT_ENABLED ?? false
  const optional = { ...(now && { now }), ...(onLimited && { onLimited }) }
  return createRateLimits({ currentConfig: () => config, isOn, allowances, ...optional })
}

function inMemory(): Pick<Allowances, 'countRequest'> {
  const windows = createMinuteWindows()
  return { countRequest: (account, limit) => Promise.resolve(windows.count(account, limit)) }
}
