/** The ledger: a row for each request that asked a model, and their sums by day, caller and model. */
import { type Insertable, type RawBuilder, sql } from 'kysely'
import type { Change, Database } from './store.ts'

interface Sums {
  readonly calls: number
  readonly input_tokens: number
  readonly cache_read_tokens: number
  readonly cache_write_tokens: number
  readonly output_tokens: number
  readonly reasoning_tokens: number
  readonly cost_nano: number
}

/** Times are in milliseconds, moments in those since 1970. */
export interface UsageTable extends Sums {
  readonly id: string
  readonly at: number
  readonly principal: string
  readonly key_id: string | null
  readonly session: string | null
  readonly end_user: string | null
  readonly endpoint: string
  readonly model: string | null
  readonly is_estimate: 0 | 1
  readonly ms: number
  readonly first_token_ms: number | null
  readonly status: number
  readonly outcome: string
}

export interface UsageDaysTable extends Sums {
  /** In UTC: 2030-12-31. */
  readonly day: string
  readonly principal: string
  /** Empty where none took a call. */
  readonly model: string
  readonly requests: number
  readonly failed: number
}

/** What calls of a model took. Tokens as in `Usage` of a turn. */
export interface UsageCounts {
  readonly calls: number
  readonly inputTokens: number
  readonly cacheReadTokens: number
  readonly cacheWriteTokens: number
  readonly outputTokens: number
  readonly reasoningTokens: number
  /** Billionths of a US dollar. */
  readonly costNano: number
}

/** A row of the ledger. */
export interface UsageRow extends UsageCounts {
  /** The request's. */
  readonly id: string
  /** When it came, in milliseconds since 1970. */
  readonly at: number
  readonly principal: string
  readonly keyId: string | null
  readonly session: string | null
  /** Whom the caller asked for, in the caller's own words. */
  readonly endUser: string | null
  /** The route's pattern. */
  readonly endpoint: string
  /** The one that answered, or was asked last; null where none was. */
  readonly model: string | null
  /** Part of it was not counted by the model API. */
  readonly isEstimate: boolean
  readonly ms: number
  readonly firstTokenMs: number | null
  /** Of the answer; 0 where none got out before the server was killed. */
  readonly status: number
  /** `ok`, the code of the error, or `interrupted` where the server was killed. */
  readonly outcome: string
}

/** Sums of a group of rows. What they are not grouped by is null. */
export interface UsageSum extends UsageCounts {
  readonly day: string | null
  readonly principal: string | null
  readonly model: string | null
  readonly requests: number
  readonly failed: number
}

/** A row that is there already is left as it is. @returns the rows that are new */
export async function insertUsage(db: Change, rows: readonly UsageRow[]): Promise<readonly UsageRow[]> {
  if (rows.length === 0) return []
  const inserted = await db
    .insertInto('usage')
    .values(rows.map(toRow))
    .onConflict((conflict) => conflict.column('id').doNothing())
    .returning('id')
    .execute()
  const ids = new Set(inserted.map(({ id }) => id))
  const fresh = rows.filter(({ id }) => ids.has(id))
  await addToDays(db, fresh)
  return fresh
}

async function addToDays(db: Change, rows: readonly UsageRow[]): Promise<void> {
  if (rows.length === 0) return
  await db
    .insertInto('usage_days')
    .values(sumByDay(rows))
    .onConflict((conflict) =>
      conflict.columns(['day', 'principal', 'model']).doUpdateSet({
        requests: plus('requests'),
        failed: plus('failed'),
        calls: plus('calls'),
        input_tokens: plus('input_tokens'),
        cache_read_tokens: plus('cache_read_tokens'),
        cache_write_tokens: plus('cache_write_tokens'),
        output_tokens: plus('output_tokens'),
        reasoning_tokens: plus('reasoning_tokens'),
        cost_nano: plus('cost_nano'),
      }),
    )
    .execute()
}

/** What is there, and what comes to it. */
function plus(column: keyof Sums | 'requests' | 'failed'): RawBuilder<number> {
  return sql<number>`${sql.ref(`usage_days.${column}`)} + ${sql.ref(`excluded.${column}`)}`
}

/** One statement cannot change a row twice. In the order of the rows, so that two processes cannot wait for each other. */
function sumByDay(rows: readonly UsageRow[]): readonly UsageDaysTable[] {
  const byKey = new Map<string, UsageDaysTable>()
  for (const row of rows) {
    // These sums stay for ever: names that a caller made up, which no model answers to, are not to be among them.
    const group = { day: dayOf(row.at), principal: row.principal, model: row.calls === 0 ? '' : (row.model ?? '') }
    const key = JSON.stringify(Object.values(group))
    const sum = byKey.get(key) ?? { ...group, requests: 0, failed: 0, ...NOTHING }
    byKey.set(key, {
      ...group,
      requests: sum.requests + 1,
      failed: sum.failed + (row.outcome === 'ok' ? 0 : 1),
      calls: sum.calls + row.calls,
      input_tokens: sum.input_tokens + row.inputTokens,
      cache_read_tokens: sum.cache_read_tokens + row.cacheReadTokens,
      cache_write_tokens: sum.cache_write_tokens + row.cacheWriteTokens,
      output_tokens: sum.output_tokens + row.outputTokens,
      reasoning_tokens: sum.reasoning_tokens + row.reasoningTokens,
      cost_nano: sum.cost_nano + row.costNano,
    })
  }
  return [...byKey].toSorted(([a], [b]) => (a < b ? -1 : 1)).map(([, sum]) => sum)
}

const NOTHING: Sums = {
  calls: 0,
  input_tokens: 0,
  cache_read_tokens: 0,
  cache_write_tokens: 0,
  output_tokens: 0,
  reasoning_tokens: 0,
  cost_nano: 0,
}

/** The day of a moment, in UTC. */
export const dayOf = (at: number): string => new Date(at).toISOString().slice(0, 10)

export interface UsageQuery {
  /** The first and the last day, in UTC. */
  readonly from: string
  readonly to: string
  readonly groupBy: readonly ('day' | 'principal' | 'model')[]
  /** Of this caller alone. */
  readonly principal?: string
}

/** In the order of what they are grouped by; at most `most`. */
export async function sumUsage(db: Database, query: UsageQuery, most: number): Promise<readonly UsageSum[]> {
  const { from, to, groupBy, principal } = query
  const sums = db
    .selectFrom('usage_days')
    .select(groupBy)
    .select(({ fn }) => [
      fn.sum<number | string | null>('requests').as('requests'),
      fn.sum<number | string | null>('failed').as('failed'),
      ...SUMS,
    ])
    .where('day', '>=', from)
    .where('day', '<=', to)
    .$if(principal !== undefined, (some) => some.where('principal', '=', principal ?? ''))
    .limit(most)
  const rows = await groupBy.reduce((some, column) => some.groupBy(column).orderBy(column), sums).execute()
  return rows.map((row) => ({
    day: row.day ?? null,
    principal: row.principal ?? null,
    model: row.model ?? null,
    requests: Number(row.requests ?? 0),
    failed: Number(row.failed ?? 0),
    ...toCounts(row),
  }))
}

/** What the requests of a session took. */
export async function sumSession(db: Database, session: string): Promise<UsageCounts> {
  const row = await db.selectFrom('usage').select(SUMS).where('session', '=', session).executeTakeFirstOrThrow()
  return toCounts(row)
}

const sumOf = (column: keyof Sums): RawBuilder<number | string | null> => sql`sum(${sql.ref(column)})`

/** Of rows of the ledger, or of their sums by day. */
const SUMS = [
  sumOf('calls').as('calls'),
  sumOf('input_tokens').as('inputTokens'),
  sumOf('cache_read_tokens').as('cacheReadTokens'),
  sumOf('cache_write_tokens').as('cacheWriteTokens'),
  sumOf('output_tokens').as('outputTokens'),
  sumOf('reasoning_tokens').as('reasoningTokens'),
  sumOf('cost_nano').as('costNano'),
] as const

/** PostgreSQL gives sums of integers as text, and both nothing at all of none. */
function toCounts(row: Readonly<Record<keyof UsageCounts, number | string | null>>): UsageCounts {
  return {
    calls: Number(row.calls ?? 0),
    inputTokens: Number(row.inputTokens ?? 0),
    cacheReadTokens: Number(row.cacheReadTokens ?? 0),
    cacheWriteTokens: Number(row.cacheWriteTokens ?? 0),
    outputTokens: Number(row.outputTokens ?? 0),
    reasoningTokens: Number(row.reasoningTokens ?? 0),
    costNano: Number(row.costNano ?? 0),
  }
}

/** A few at a time: the process waits for SQLite. @returns whether there are more */
export async function forgetOldUsage(db: Database, before: number): Promise<boolean> {
  const old = db.selectFrom('usage').select('id').where('at', '<', before).limit(FORGOTTEN_AT_ONCE)
  const { numDeletedRows } = await db.deleteFrom('usage').where('id', 'in', old).executeTakeFirst()
  return numDeletedRows === BigInt(FORGOTTEN_AT_ONCE)
}

const FORGOTTEN_AT_ONCE = 500

function toRow(row: UsageRow): Insertable<UsageTable> {
  return {
    id: row.id,
    at: row.at,
    principal: row.principal,
    key_id: row.keyId,
    session: row.session,
    end_user: row.endUser,
    endpoint: row.endpoint,
    model: row.model,
    calls: row.calls,
    input_tokens: row.inputTokens,
    cache_read_tokens: row.cacheReadTokens,
    cache_write_tokens: row.cacheWriteTokens,
    output_tokens: row.outputTokens,
    reasoning_tokens: row.reasoningTokens,
    cost_nano: row.costNano,
    is_estimate: row.isEstimate ? 1 : 0,
    ms: row.ms,
    first_token_ms: row.firstTokenMs,
    status: row.status,
    outcome: row.outcome,
  }
}
