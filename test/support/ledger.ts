/** A ledger in memory, for tests that need no database: its rows as they stand when nothing more comes to them. */
import { LedgerEntry } from '../../src/usage/ledger-entry.ts'
import type { Ledger } from '../../src/usage/request-meter.ts'
import type { UsageReports } from '../../src/usage/usage-report.ts'
import type { UsageRow, UsageSum } from '../../src/store/usage-table.ts'

export interface TestLedger extends Pick<Ledger, 'open'> {
  readonly rows: UsageRow[]
}

/** Where nobody has taken anything. */
export const NO_REPORTS: UsageReports = {
  report: ({ from = '2030-01-01', to = '2030-01-30' }) =>
    Promise.resolve({ start: from, end: to, groups: [], total: NOTHING }),
  budgets: () => Promise.resolve({ day: undefined, month: undefined }),
}

const NOTHING: UsageSum = {
  day: null,
  principal: null,
  model: null,
  requests: 0,
  failed: 0,
  calls: 0,
  inputTokens: 0,
  cacheReadTokens: 0,
  cacheWriteTokens: 0,
  outputTokens: 0,
  reasoningTokens: 0,
  costNano: 0,
}

export function createTestLedger(): TestLedger {
  const rows: UsageRow[] = []
  const limitless = (): never => {
    throw new Error('this ledger knows no limits')
  }
  const parts = {
    allowances: { countRequest: limitless, reserve: limitless },
    settleNow: () => Promise.resolve(),
    onRunning: () => undefined,
    onDone: () => undefined,
    write: ({ isDone, row }: { isDone: boolean; row: UsageRow }) => void (isDone && rows.push(row)),
  }
  return { rows, open: (request) => new LedgerEntry(request, parts) }
}
