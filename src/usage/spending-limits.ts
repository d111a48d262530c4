import type { Grant } from '../keys/grant.ts'
import type { SpendingLimits } from './allowances.ts'

const NANO = 1e9

/** Undefined for a caller without limits on what it spends. */
export function limitsOf({ tokensPerMinute, budgetDayUsd, budgetMonthUsd }: Grant): SpendingLimits | undefined {
  if (tokensPerMinute === undefined && budgetDayUsd === undefined && budgetMonthUsd === undefined) return undefined
  return {
    ...(tokensPerMinute !== undefined && { tokens: tokensPerMinute }),
    ...(budgetDayUsd !== undefined && { usd_day: Math.round(budgetDayUsd * NANO) }),
    ...(budgetMonthUsd !== undefined && { usd_month: Math.round(budgetMonthUsd * NANO) }),
  }
}
