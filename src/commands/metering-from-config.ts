import type { Config } from '../config.ts'
import type { Logger } from '../log.ts'
import { createAllowances } from '../usage/allowances.ts'
import { openJournal } from '../usage/journal.ts'
import { createLedger } from '../usage/ledger.ts'
import { createRateLimits } from '../usage/create-rate-limits.ts'
import type { RateLimits } from '../usage/rate-limits.ts'
import type { Ledger } from '../usage/request-meter.ts'
import type { UsageReports } from '../usage/usage-report.ts'
import { createUsageReports } from '../usage/usage-reports.ts'
import type { Keys } from './keys-from-config.ts'

/** Beyond the time that a request may take. */
const RESERVED_LONGER_MS = 300_000
const DAY_MS = 86_400_000

export interface Metering {
  readonly ledger: Ledger
  readonly rateLimits: RateLimits
  readonly usage: UsageReports
}

/** What callers take, and how much they may. */
export function openMetering(config: Config, { store, authentication }: Keys, log: Logger): Metering {
  const allowances = createAllowances(store, config.MAX_TIMEOUT + RESERVED_LONGER_MS)
  const journal = openJournal(config.DATA_DIR)
  const ledger = createLedger({ store, journal, allowances, log, keptMs: config.USAGE_DAYS * DAY_MS })
  return {
    ledger,
    usage: createUsageReports(store, ledger),
    rateLimits: createRateLimits({
      config,
      allowances,
      isOn: () => config.RATE_LIMIT_ENABLED ?? authentication.needsKey(),
    }),
  }
}
