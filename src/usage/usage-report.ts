/** Reports of the ledger, as the HTTP side sees them. */
import type { Grant } from '../keys/grant.ts'
import type { UsageSum } from '../store/usage-table.ts'

export interface UsageReports {
  /** @throws StoreUnavailable */
  report(query: UsageReportQuery): Promise<UsageReport>
  /** What a caller has left; undefined for a budget that it does not have. @throws StoreUnavailable */
  budgets(principalId: string, grant: Grant): Promise<{ day: BudgetState | undefined; month: BudgetState | undefined }>
}

export type UsageGroup = 'day' | 'model' | 'key'

export interface UsageReportQuery {
  /** Days in UTC, both included; the last thirty where they are left out. */
  readonly from?: string | undefined
  readonly to?: string | undefined
  readonly groupBy: readonly UsageGroup[]
  /** Of this caller alone. */
  readonly principalId?: string
}

export interface UsageReport {
  readonly start: string
  readonly end: string
  readonly groups: readonly (UsageSum & { readonly name: string | null })[]
  readonly total: UsageSum
}

/** In billionths of a US dollar. */
export interface BudgetState {
  readonly limitNano: number
  readonly usedNano: number
  readonly reservedNano: number
  /** In milliseconds since 1970. */
  readonly resetsAt: number
}
