/** How often Claude Code's own tools were used, by day, caller and tool. */
import { type RawBuilder, sql } from 'kysely'
import type { Database } from './store.ts'

interface Sums {
  readonly calls: number
  readonly failed: number
  readonly denied: number
  readonly total_ms: number
}

export interface ToolCountsTable extends Sums {
  /** In UTC: 2030-12-31. */
  readonly day: string
  readonly principal: string
  readonly tool: string
}

/** Uses of a tool. */
export interface ToolSums {
  readonly calls: number
  /** Those among them that failed, and those that were not let run. */
  readonly failed: number
  readonly denied: number
  /** What those took that ran. */
  readonly totalMs: number
}

export interface ToolCount extends ToolSums {
  readonly day: string
  readonly principal: string
  readonly tool: string
}

/** @param counts no two of the same day, caller and tool: one statement cannot change a row twice */
export async function addToolCounts(db: Database, counts: readonly ToolCount[]): Promise<void> {
  if (counts.length === 0) return
  await db
    .insertInto('tool_counts')
    // In one order, so that two processes cannot wait for each other.
    .values(counts.map(toRow).toSorted((a, b) => (keyOf(a) < keyOf(b) ? -1 : 1)))
    .onConflict((conflict) =>
      conflict.columns(['day', 'principal', 'tool']).doUpdateSet({
        calls: plus('calls'),
        failed: plus('failed'),
        denied: plus('denied'),
        total_ms: plus('total_ms'),
      }),
    )
    .execute()
}

/** What is there, and what comes to it. */
const plus = (column: keyof Sums): RawBuilder<number> =>
  sql<number>`${sql.ref(`tool_counts.${column}`)} + ${sql.ref(`excluded.${column}`)}`

export interface ToolCountsQuery {
  /** The first and the last day, in UTC. */
  readonly from: string
  readonly to: string
  /** Of this caller alone. */
  readonly principal?: string
}

/** By tool, in the order of their names. */
export async function sumToolCounts(
  db: Database,
  { from, to, principal }: ToolCountsQuery,
): Promise<readonly (ToolSums & { readonly tool: string })[]> {
  const rows = await db
    .selectFrom('tool_counts')
    .select('tool')
    .select(({ fn }) => [
      fn.sum<number | string>('calls').as('calls'),
      fn.sum<number | string>('failed').as('failed'),
      fn.sum<number | string>('denied').as('denied'),
      fn.sum<number | string>('total_ms').as('totalMs'),
    ])
    .where('day', '>=', from)
    .where('day', '<=', to)
    .$if(principal !== undefined, (some) => some.where('principal', '=', principal ?? ''))
    .groupBy('tool')
    .orderBy('tool')
    .limit(MOST)
    .execute()
  // PostgreSQL gives sums of integers as text.
  return rows.map((row) => ({
    tool: row.tool,
    calls: Number(row.calls),
    failed: Number(row.failed),
    denied: Number(row.denied),
    totalMs: Number(row.totalMs),
  }))
}

const MOST = 10_000

const keyOf = ({ day, principal, tool }: ToolCountsTable): string => JSON.stringify([day, principal, tool])

function toRow({ day, principal, tool, calls, failed, denied, totalMs }: ToolCount): ToolCountsTable {
  return { day, principal, tool, calls, failed, denied, total_ms: totalMs }
}
