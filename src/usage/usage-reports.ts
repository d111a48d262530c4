/** What the ledger has to say, to those who may know it. */
import { readBalances } from '../store/allowances-table.ts'
import { accountNames } from '../store/keys-table.ts'
import type { Store } from '../store/store.ts'
import { dayOf, sumUsage, type UsageSum } from '../store/usage-table.ts'
import type { Ledger } from './request-meter.ts'
import { limitsOf } from './spending-limits.ts'
import type { BudgetState, UsageReports } from './usage-report.ts'
import { windowEnd, windowStart } from './windows.ts'

const DAY_MS = 86_400_000
/** Days in a report that asks for none. */
const DAYS = 30
/** Groups of a report. */
const MOST = 10_000

/** @param ledger of this instance; what it has not brought in yet is, before a report */
export function createUsageReports(store: Store, ledger?: Pick<Ledger, 'flush'>): UsageReports {
  return {
    async report({ from, to, groupBy, principalId }) {
      const end = to ?? dayOf(Date.now())
      const start = from ?? dayOf(Date.parse(end) - (DAYS - 1) * DAY_MS)
      await ledger?.flush()
      const columns = groupBy.map((group) => (group === 'key' ? 'principal' : group))
      const whose = principalId === undefined ? {} : { principal: principalId }
      return store.run(async (db) => {
        const names = await accountNames(db)
        const groups = await sumUsage(db, { from: start, to: end, groupBy: columns, ...whose }, MOST)
        const [total = NONE] = await sumUsage(db, { from: start, to: end, groupBy: [], ...whose }, 1)
        return {
          start,
          end,
          total,
          groups: groups.map((sum) => ({ ...sum, name: sum.principal === null ? null : nameOf(sum.principal, names) })),
        }
      })
    },
    async budgets(principalId, grant) {
      const now = Date.now()
      const budgets = ['usd_day', 'usd_month'] as const
      const limits = limitsOf(grant) ?? {}
      const windows = budgets
        .filter((kind) => limits[kind] !== undefined)
        .map((kind) => ({ kind, startsAt: windowStart(kind, now) }))
      const found = windows.length === 0 ? [] : await store.run((db) => readBalances(db, principalId, windows))
      const state = (kind: (typeof budgets)[number]): BudgetState | undefined => {
        const limitNano = limits[kind]
        if (limitNano === undefined) return undefined
        const { used = 0, reserved = 0 } = found.find((balance) => balance.kind === kind) ?? {}
        return { limitNano, usedNano: used, reservedNano: reserved, resetsAt: windowEnd(kind, now) }
      }
      return { day: state('usd_day'), month: state('usd_month') }
    },
  }
}

function nameOf(principal: string, names: ReadonlyMap<string, string>): string {
  const account = principal.replace(/^key:/, '')
  return names.get(account) ?? (account === principal ? principal : 'API_KEY')
}

const NONE: UsageSum = {
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
