/** What `dragoman keys create` is told of a key. */
import { SCOPES } from '../keys/grant.ts'
import type { KeyTerms } from '../store/keys-table.ts'
import { toolNamed } from '../tools/tool-names.ts'
import { UsageError } from './usage-error.ts'

/** As the command line gives them. */
export interface KeyFlags {
  readonly name?: string
  readonly scopes?: string
  readonly models?: string
  readonly tools?: string
  readonly mcpServers?: string
  readonly requestsPerMinute?: string
  readonly tokensPerMinute?: string
  readonly budgetDay?: string
  readonly budgetMonth?: string
  readonly expires?: string
}

const UNITS: Readonly<Record<string, number>> = { m: 60_000, h: 3_600_000, d: 86_400_000, w: 604_800_000 }
/** What a date can hold. */
const LATEST = 8_640_000_000_000_000

/** @throws UsageError that names the flag */
export function readTerms(flags: KeyFlags, now: number): KeyTerms {
  const name = flags.name?.trim() ?? ''
  // It is written on terminals and into tables.
  if (!/^[^\p{C}]{1,64}$/u.test(name)) throw new UsageError('--name: expected 1 to 64 characters that can be shown')
  return {
    name,
    scopes: readScopes(flags.scopes),
    models: readList('--models', flags.models),
    tools: readTools(flags.tools),
    mcpServers: readList('--mcp-servers', flags.mcpServers),
    requestsPerMinute: readCount('--requests-per-minute', flags.requestsPerMinute, 1_000_000),
    tokensPerMinute: readCount('--tokens-per-minute', flags.tokensPerMinute, 1_000_000_000_000),
    budgetDayUsd: readMoney('--budget-day', flags.budgetDay),
    budgetMonthUsd: readMoney('--budget-month', flags.budgetMonth),
    expiresAt: flags.expires === undefined ? null : readEnd(flags.expires, now),
  }
}

/** Milliseconds of `30m`, `24h`, `90d` or `2w`. */
export function parseDuration(flag: string, text: string): number {
  const [, count = '', unit = ''] = /^(\d{1,6})([mhdw])$/.exec(text) ?? []
  const ms = UNITS[unit]
  if (ms === undefined) throw new UsageError(`${flag}: expected a time such as 30m, 24h, 90d or 2w`)
  return Number(count) * ms
}

function readScopes(text = 'chat'): readonly string[] {
  const names: readonly string[] = SCOPES
  const scopes = readList('--scopes', text) ?? []
  const odd = scopes.find((scope) => !names.includes(scope))
  if (odd !== undefined) throw new UsageError(`--scopes: "${odd}" is none of ${SCOPES.join(', ')}`)
  return scopes
}

function readList(flag: string, text: string | undefined): readonly string[] | null {
  if (text === undefined) return null
  const items = [...new Set(text.split(',').map((item) => item.trim()))].filter((item) => item !== '')
  if (items.length === 0) throw new UsageError(`${flag}: expected names with commas between them`)
  return items
}

function readTools(text: string | undefined): readonly string[] | null {
  const names = readList('--tools', text)
  const odd = names?.find((name) => toolNamed(name) === undefined)
  if (odd !== undefined) throw new UsageError(`--tools: there is no tool "${odd}"; GET /v1/tools lists all`)
  return names
}

function readCount(flag: string, text: string | undefined, most: number): number | null {
  if (text === undefined) return null
  const count = /^\d+$/.test(text) ? Number(text) : 0
  if (count < 1 || count > most) throw new UsageError(`${flag}: expected a whole number from 1 to ${most}`)
  return count
}

function readMoney(flag: string, text: string | undefined): number | null {
  if (text === undefined) return null
  const usd = /^\d{1,9}(?:\.\d{1,6})?$/.test(text) ? Number(text) : 0
  if (usd <= 0) throw new UsageError(`${flag}: expected an amount of US dollars such as 5 or 0.50`)
  return usd
}

function readEnd(text: string, now: number): number {
  const isDate = /^\d{4}-\d\d-\d\d/.test(text)
  const end = isDate ? Date.parse(text) : now + parseDuration('--expires', text)
  if (Number.isNaN(end) || end > LATEST) throw new UsageError('--expires: expected 90d, or a date such as 2030-12-31')
  if (end <= now) throw new UsageError('--expires: this is in the past')
  return end
}
