import type { Config, CurrentConfig } from '../config.ts'
import type { Logger } from '../log.ts'
import type { Metrics } from '../metrics.ts'
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
  /** Whether the limits of the settings hold at this moment. */
  readonly limitsHold: () => boolean
  readonly usage: UsageReports
}

export interface MeteringParts {
  readonly config: Config
  readonly currentConfig: CurrentConfig
  readonly keys: Keys
  /** The name of this instance. */
  readonly instance: string
  readonly metrics: Metrics
  readonly log: Logger
}

/** What callers take, and how much they may. */
export function openMetering({ config, currentConfig, keys, instance, metrics, log }: MeteringParts): Metering {
  const { store, authentication } = keys
  const allowances = createAllowances(store, () => currentConfig().MAX_TIMEOUT + RESERVED_LONGER_MS)
  const journal = openJournal(config.DATA_DIR, instance)
  const ledger = createLedger({ store, journal, allowances, log, keptMs: config.USAGE_DAYS * DAY_MS })
  const limitsHold = (): boolean => currentConfig().RATE_LIMIT_ENABLED ?? authentication.needsKey()
  metrics.watchLedger(() => ledger.status())
  return {
    limitsHold,
    ledger,
    usage: createUsageReports(store, ledger),
    rateLimits: createRateLimits({
      currentConfig,
      allowances,
      onLimited: metrics.limited,
      isOn: limitsHold,
    }),
  }
}
