import type { Config } from '../../src/config.ts'
import type { Allowances } from '../../src/usage/allowances.ts'
import { createRateLimits } from '../../src/usage/create-rate-limits.ts'
import { createMinuteWindows } from '../../src/usage/minute-windows.ts'
import type { RateLimits } from '../../src/usage/rate-limits.ts'

/** Off unless the settings turn them on. Keys' own are counted in memory. */
export function createTestRateLimits(
  config: Config,
  { now, allowances = inMemory() }: { now?: () => number; allowances?: Pick<Allowances, 'countRequest'> } = {},
): RateLimits {
  const isOn = (): boolean => config.RATE_LIMIT_ENABLED ?? false
  return createRateLimits({ config, isOn, allowances, ...(now === undefined ? {} : { now }) })
}

function inMemory(): Pick<Allowances, 'countRequest'> {
  const windows = createMinuteWindows()
  return { countRequest: (account, limit) => Promise.resolve(windows.count(account, limit)) }
}
