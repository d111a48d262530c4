import type { Config } from '../config.ts'
import type { Logger } from '../log.ts'
import type { Store } from '../store/store.ts'
import { createAllowances } from '../usage/allowances.ts'
import { openJournal } from '../usage/journal.ts'
import { createLedger } from '../usage/ledger.ts'
import type { Ledger } from '../usage/request-meter.ts'

/** Beyond the time that a request may take. */
const RESERVED_LONGER_MS = 300_000
const DAY_MS = 86_400_000

export function openLedger(config: Config, store: Store, log: Logger): Ledger {
  return createLedger({
    store,
    journal: openJournal(config.DATA_DIR),
    allowances: createAllowances(store, config.MAX_TIMEOUT + RESERVED_LONGER_MS),
    log,
    keptMs: config.USAGE_DAYS * DAY_MS,
  })
}
