/** `dragoman usage`: what callers took, as a table with a chart. On the same database as the server, which may run meanwhile. */
import { loadEnvironment, parseConfig } from '../config.ts'
import { StoreUnavailable } from '../store/store-unavailable.ts'
import { dayOf, type UsageSum } from '../store/usage-table.ts'
import type { UsageGroup, UsageReport } from '../usage/usage-report.ts'
import { createUsageReports } from '../usage/usage-reports.ts'
import { storeOf } from './keys-from-config.ts'
import type { Output } from './output.ts'
import type { SettingFlags } from './setting-flags.ts'
import { UsageError } from './usage-error.ts'
import { type UsageLine, usageTable } from './usage-table.ts'

export interface UsageCommand {
  readonly settings: SettingFlags
  readonly output: Output
  /** Characters in a line of the terminal. */
  readonly width: number
  readonly flags: UsageFlags
}

/** As the command line gives them. */
export interface UsageFlags {
  readonly days?: string
  readonly by?: string
  readonly json?: boolean
}

const DAY_MS = 86_400_000
const GROUPS: readonly UsageGroup[] = ['day', 'model', 'key']

export async function usage({ settings, output, width, flags }: UsageCommand): Promise<void> {
  const days = readDays(flags.days)
  const groupBy = readGroups(flags.by)
  const now = Date.now()
  const report = await read(settings, { from: dayOf(now - (days - 1) * DAY_MS), to: dayOf(now), groupBy })
  if (flags.json === true) {
    output.write(`${JSON.stringify(shown(report, groupBy), null, 2)}\n`)
    return
  }
  output.write(`Usage from ${report.start} to ${report.end} (UTC)\n\n`)
  if (report.total.requests === 0) output.write('Nobody has asked a model in this time.\n')
  else output.write(usageTable({ headings: groupBy, lines: linesOf(report, groupBy), total: report.total, width }))
}

async function read(
  settings: SettingFlags,
  query: { readonly from: string; readonly to: string; readonly groupBy: readonly UsageGroup[] },
): Promise<UsageReport> {
  const config = parseConfig(loadEnvironment(), settings)
  const store = storeOf(config, { info: () => undefined, warn: () => undefined })
  try {
    return await createUsageReports(store).report(query)
  } catch (error) {
    if (!(error instanceof StoreUnavailable)) throw error
    const reason = error.cause instanceof Error ? error.cause.message : String(error.cause)
    throw new Error(`the database cannot be used: ${reason}`, { cause: error })
  } finally {
    await store.close()
  }
}

function readDays(text = '30'): number {
  const days = /^\d{1,5}$/.test(text) ? Number(text) : 0
  if (days < 1 || days > 36_500) throw new UsageError('--days: expected a number of days such as 30')
  return days
}

function readGroups(text = 'day'): readonly UsageGroup[] {
  const names = text.split(',').map((name) => name.trim())
  const odd = names.find((name) => !GROUPS.some((group) => group === name))
  if (odd !== undefined) throw new UsageError(`--by: "${odd}" is none of ${GROUPS.join(', ')}`)
  return GROUPS.filter((group) => names.includes(group))
}

/** Days on which nobody asked stand in between, so that the chart is one of time. */
function linesOf({ groups }: UsageReport, groupBy: readonly UsageGroup[]): readonly UsageLine[] {
  const lines = groups.map((sum) => ({ names: groupBy.map((group) => nameOf(sum, group)), sum }))
  if (groupBy.length !== 1 || groupBy[0] !== 'day') return lines
  const byDay = new Map(lines.map((line) => [line.names[0], line]))
  const [first] = lines
  const last = lines.at(-1)
  const filled: UsageLine[] = []
  const end = Date.parse(last?.names[0] ?? '')
  for (let at = Date.parse(first?.names[0] ?? ''); at <= end; at += DAY_MS) {
    filled.push(byDay.get(dayOf(at)) ?? { names: [dayOf(at)], sum: undefined })
  }
  return filled
}

function nameOf(sum: UsageReport['groups'][number], group: UsageGroup): string {
  switch (group) {
    case 'day':
      return sum.day ?? ''
    case 'model':
      return sum.model === '' || sum.model === null ? '(none)' : sum.model
    case 'key':
      return sum.name ?? ''
  }
}

function shown(report: UsageReport, groupBy: readonly UsageGroup[]): Record<string, unknown> {
  const counts = ({ day: _d, principal: _p, model: _m, costNano, ...sum }: UsageSum): Record<string, number> => ({
    ...sum,
    costUsd: costNano / 1e9,
  })
  const data = report.groups.map(({ name, ...sum }) => ({
    ...Object.fromEntries(groupBy.map((group) => [group, nameOf({ ...sum, name }, group)])),
    ...counts(sum),
  }))
  return { start: report.start, end: report.end, data, total: counts(report.total) }
}
