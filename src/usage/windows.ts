/** The windows of time that limits hold for, all in UTC. */
import type { AllowanceKind } from '../store/allowances-table.ts'

const MINUTE = 60_000

/** When the window that a moment is in began, in milliseconds since 1970. */
export function windowStart(kind: AllowanceKind, at: number): number {
  const date = new Date(at)
  switch (kind) {
    case 'requests':
    case 'tokens':
      return at - (at % MINUTE)
    case 'usd_day':
      return Date.UTC(date.getUTCFullYear(), date.getUTCMonth(), date.getUTCDate())
    case 'usd_month':
      return Date.UTC(date.getUTCFullYear(), date.getUTCMonth())
  }
}

/** When it ends. */
export function windowEnd(kind: AllowanceKind, at: number): number {
  const date = new Date(at)
  switch (kind) {
    case 'requests':
    case 'tokens':
      return windowStart(kind, at) + MINUTE
    case 'usd_day':
      return Date.UTC(date.getUTCFullYear(), date.getUTCMonth(), date.getUTCDate() + 1)
    case 'usd_month':
      return Date.UTC(date.getUTCFullYear(), date.getUTCMonth() + 1)
  }
}
