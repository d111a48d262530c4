/** Keys of callers. The key itself is not among what is kept of it. */
import type { Insertable, Selectable } from 'kysely'
import { z } from 'zod'
import type { Database } from './store.ts'

/** Times are in milliseconds since 1970, lists in JSON. */
export interface KeysTable {
  readonly id: string
  readonly name: string
  readonly prefix: string
  readonly hash: string
  readonly pepper_id: string
  readonly scopes: string
  readonly allowed_models: string | null
  readonly allowed_tools: string | null
  readonly allowed_mcp_servers: string | null
  readonly requests_per_minute: number | null
  readonly tokens_per_minute: number | null
  readonly budget_day_usd: number | null
  readonly budget_month_usd: number | null
  readonly expires_at: number | null
  readonly created_at: number
  readonly revoked_at: number | null
  readonly rotated_from: string | null
  readonly account: string
}

/** What a key may, and how much. `null`: no bound. */
export interface KeyTerms {
  readonly name: string
  readonly scopes: readonly string[]
  /** Names of models, as callers write them. */
  readonly models: readonly string[] | null
  readonly tools: readonly string[] | null
  /** Names of MCP servers. */
  readonly mcpServers: readonly string[] | null
  readonly requestsPerMinute: number | null
  readonly tokensPerMinute: number | null
  readonly budgetDayUsd: number | null
  readonly budgetMonthUsd: number | null
  /** Milliseconds since 1970. */
  readonly expiresAt: number | null
}

export interface StoredKey extends KeyTerms {
  readonly id: string
  /** The beginning of the key, by which people tell it from others. */
  readonly prefix: string
  /** HMAC-SHA-256 of the key under the pepper, in hex. */
  readonly hash: string
  /** Which pepper that was. */
  readonly pepperId: string
  readonly createdAt: number
  readonly revokedAt: number | null
  /** The id of the key that it took the place of. */
  readonly rotatedFrom: string | null
  /** The id of the first key of those that took one another's place: what is counted of a caller is counted under it. */
  readonly account: string
}

const listSchema = z.array(z.string())
const toList = (json: string): readonly string[] => listSchema.parse(JSON.parse(json))
const toJson = (list: readonly string[] | null): string | null => (list === null ? null : JSON.stringify(list))

export async function insertKey(db: Database, key: StoredKey): Promise<void> {
  await db.insertInto('keys').values(toRow(key)).execute()
}

/** The newest first. */
export async function listKeys(db: Database): Promise<readonly StoredKey[]> {
  const rows = await db.selectFrom('keys').selectAll().orderBy('created_at', 'desc').orderBy('id').execute()
  return rows.map(fromRow)
}

export async function findKeyByHash(db: Database, hash: string): Promise<StoredKey | undefined> {
  const row = await db.selectFrom('keys').selectAll().where('hash', '=', hash).executeTakeFirst()
  return row === undefined ? undefined : fromRow(row)
}

export async function findKeys(db: Database, ids: readonly string[]): Promise<readonly StoredKey[]> {
  if (ids.length === 0) return []
  const rows = await db.selectFrom('keys').selectAll().where('id', 'in', ids).execute()
  return rows.map(fromRow)
}

/** Whether there ever was a key: revoked ones count, or revoking the last would open the server. */
export async function hasKeys(db: Database): Promise<boolean> {
  return (await db.selectFrom('keys').select('id').limit(1).executeTakeFirst()) !== undefined
}

/** The name of each account: that of its newest key. */
export async function accountNames(db: Database): Promise<ReadonlyMap<string, string>> {
  const rows = await db.selectFrom('keys').select(['account', 'name']).orderBy('created_at').execute()
  return new Map(rows.map(({ account, name }) => [account, name]))
}

/** The peppers under which keys were made. */
export async function pepperIds(db: Database): Promise<readonly string[]> {
  const rows = await db.selectFrom('keys').select('pepper_id').distinct().execute()
  return rows.map((row) => row.pepper_id)
}

/** @returns whether it was not revoked before */
export async function revokeKey(db: Database, id: string, at: number): Promise<boolean> {
  const { numUpdatedRows } = await db
    .updateTable('keys')
    .set({ revoked_at: at })
    .where('id', '=', id)
    .where('revoked_at', 'is', null)
    .executeTakeFirst()
  return numUpdatedRows > 0n
}

/** Makes it end earlier, never later. @returns whether it is not revoked */
export async function expireKey(db: Database, id: string, at: number): Promise<boolean> {
  const { numUpdatedRows } = await db
    .updateTable('keys')
    .set((row) => ({
      expires_at: row.case().when('expires_at', '<', at).then(row.ref('expires_at')).else(at).end(),
    }))
    .where('id', '=', id)
    .where('revoked_at', 'is', null)
    .executeTakeFirst()
  return numUpdatedRows > 0n
}

function toRow(key: StoredKey): Insertable<KeysTable> {
  return {
    id: key.id,
    name: key.name,
    prefix: key.prefix,
    hash: key.hash,
    pepper_id: key.pepperId,
    scopes: JSON.stringify(key.scopes),
    allowed_models: toJson(key.models),
    allowed_tools: toJson(key.tools),
    allowed_mcp_servers: toJson(key.mcpServers),
    requests_per_minute: key.requestsPerMinute,
    tokens_per_minute: key.tokensPerMinute,
    budget_day_usd: key.budgetDayUsd,
    budget_month_usd: key.budgetMonthUsd,
    expires_at: key.expiresAt,
    created_at: key.createdAt,
    revoked_at: key.revokedAt,
    rotated_from: key.rotatedFrom,
    account: key.account,
  }
}

function fromRow(row: Selectable<KeysTable>): StoredKey {
  return {
    id: row.id,
    name: row.name,
    prefix: row.prefix,
    hash: row.hash,
    pepperId: row.pepper_id,
    scopes: toList(row.scopes),
    models: row.allowed_models === null ? null : toList(row.allowed_models),
    tools: row.allowed_tools === null ? null : toList(row.allowed_tools),
    mcpServers: row.allowed_mcp_servers === null ? null : toList(row.allowed_mcp_servers),
    requestsPerMinute: row.requests_per_minute,
    tokensPerMinute: row.tokens_per_minute,
    budgetDayUsd: row.budget_day_usd,
    budgetMonthUsd: row.budget_month_usd,
    expiresAt: row.expires_at,
    createdAt: row.created_at,
    revokedAt: row.revoked_at,
    rotatedFrom: row.rotated_from,
    account: row.account,
  }
}
