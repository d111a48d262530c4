/** Usage as a table for people, in which a bar shows what each line cost. Pure. */
import type { UsageSum } from '../store/usage-table.ts'

export interface UsageLine {
  readonly names: readonly string[]
  /** Undefined where there was nothing. */
  readonly sum: UsageSum | undefined
}

export interface UsageTable {
  readonly headings: readonly string[]
  readonly lines: readonly UsageLine[]
  readonly total: UsageSum
  /** Characters in a line. */
  readonly width: number
}

const COLUMNS: readonly (readonly [heading: string, read: (sum: UsageSum) => string])[] = [
  ['REQUESTS', ({ requests }) => whole(requests)],
  ['FAILED', ({ failed }) => whole(failed)],
  ['INPUT', ({ inputTokens }) => whole(inputTokens)],
  ['CACHED', ({ cacheReadTokens }) => whole(cacheReadTokens)],
  ['OUTPUT', ({ outputTokens }) => whole(outputTokens)],
  ['COST', ({ costNano }) => dollars(costNano)],
]

const GAP = '  '
/** A bar that is shorter tells little. */
const SHORTEST_BAR = 8
const LONGEST_BAR = 40
/** From an eighth of a character to all of it. */
const PARTS = ['', '▏', '▎', '▍', '▌', '▋', '▊', '▉']

export function usageTable({ headings, lines, total, width }: UsageTable): string {
  const names = headings.map((heading) => heading.toUpperCase())
  const rows = [
    [...names, ...COLUMNS.map(([heading]) => heading)],
    ...lines.map((line) => cellsOf(line)),
    cellsOf({ names: headings.map((_, at) => (at === 0 ? 'total' : '')), sum: total }),
  ]
  const widths = rows[0]?.map((_, column) => Math.max(...rows.map((row) => row[column]?.length ?? 0))) ?? []
  const used = widths.reduce((sum, each) => sum + each + GAP.length, 0)
  const bars = barsOf(lines, Math.min(LONGEST_BAR, width - used))
  const written = rows.map((row, at) => {
    const cells = row.map((cell, column) => pad(cell, widths[column] ?? 0, column < headings.length))
    return `${[...cells, bars[at - 1] ?? ''].join(GAP).trimEnd()}\n`
  })
  return written.join('')
}

function cellsOf({ names, sum }: UsageLine): readonly string[] {
  return [...names, ...COLUMNS.map(([, read]) => (sum === undefined ? '-' : read(sum)))]
}

/** What nobody has a price for is compared by its tokens. */
function barsOf(lines: readonly UsageLine[], room: number): readonly string[] {
  if (room < SHORTEST_BAR) return []
  const isPriced = lines.some(({ sum }) => (sum?.costNano ?? 0) > 0)
  const amounts = lines.map(({ sum }) => {
    if (sum === undefined) return 0
    return isPriced ? sum.costNano : sum.inputTokens + sum.outputTokens
  })
  const most = Math.max(...amounts)
  return amounts.map((amount) => (most === 0 ? '' : bar((amount / most) * room)))
}

function bar(length: number): string {
  const eighths = Math.round(length * 8)
  return '█'.repeat(Math.floor(eighths / 8)) + (PARTS[eighths % 8] ?? '')
}

const pad = (text: string, width: number, isName: boolean): string =>
  isName ? text.padEnd(width) : text.padStart(width)

const whole = (count: number): string => count.toLocaleString('en-US')

/** Small amounts need more digits to be seen at all. */
function dollars(nano: number): string {
  const usd = nano / 1e9
  return `$${usd.toLocaleString('en-US', { minimumFractionDigits: 2, maximumFractionDigits: usd < 1 ? 4 : 2 })}`
}
