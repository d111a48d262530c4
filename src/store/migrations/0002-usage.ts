import type { Kysely, Migration } from 'kysely'

/** The ledger, its sums by day, what of limits is used up, and what running requests may still use of them. */
export const createUsage: Migration = {
  async up(db) {
    await nameAccounts(db)
    await db.schema
      .createTable('usage')
      .addColumn('id', 'text', (column) => column.primaryKey())
      .addColumn('at', 'bigint', (column) => column.notNull())
      .addColumn('principal', 'text', (column) => column.notNull())
      .addColumn('key_id', 'text')
      .addColumn('session', 'text')
      .addColumn('end_user', 'text')
      .addColumn('endpoint', 'text', (column) => column.notNull())
      .addColumn('model', 'text')
      .addColumn('calls', 'integer', (column) => column.notNull())
      .addColumn('input_tokens', 'bigint', (column) => column.notNull())
      .addColumn('cache_read_tokens', 'bigint', (column) => column.notNull())
      .addColumn('cache_write_tokens', 'bigint', (column) => column.notNull())
      .addColumn('output_tokens', 'bigint', (column) => column.notNull())
      .addColumn('reasoning_tokens', 'bigint', (column) => column.notNull())
      .addColumn('cost_nano', 'bigint', (column) => column.notNull())
      .addColumn('is_estimate', 'integer', (column) => column.notNull())
      .addColumn('ms', 'bigint', (column) => column.notNull())
      .addColumn('first_token_ms', 'bigint')
      .addColumn('status', 'integer', (column) => column.notNull())
      .addColumn('outcome', 'text', (column) => column.notNull())
      .execute()
    await db.schema.createIndex('usage_at').on('usage').column('at').execute()
    await db.schema
      .createTable('usage_days')
      .addColumn('day', 'text', (column) => column.notNull())
      .addColumn('principal', 'text', (column) => column.notNull())
      .addColumn('model', 'text', (column) => column.notNull())
      .addColumn('requests', 'bigint', (column) => column.notNull())
      .addColumn('failed', 'bigint', (column) => column.notNull())
      .addColumn('calls', 'bigint', (column) => column.notNull())
      .addColumn('input_tokens', 'bigint', (column) => column.notNull())
      .addColumn('cache_read_tokens', 'bigint', (column) => column.notNull())
      .addColumn('cache_write_tokens', 'bigint', (column) => column.notNull())
      .addColumn('output_tokens', 'bigint', (column) => column.notNull())
      .addColumn('reasoning_tokens', 'bigint', (column) => column.notNull())
      .addColumn('cost_nano', 'bigint', (column) => column.notNull())
      .addPrimaryKeyConstraint('usage_days_pk', ['day', 'principal', 'model'])
      .execute()
    await db.schema
      .createTable('allowances')
      .addColumn('account', 'text', (column) => column.notNull())
      .addColumn('kind', 'text', (column) => column.notNull())
      .addColumn('starts_at', 'bigint', (column) => column.notNull())
      .addColumn('used', 'bigint', (column) => column.notNull())
      .addColumn('reserved', 'bigint', (column) => column.notNull())
      .addPrimaryKeyConstraint('allowances_pk', ['account', 'kind', 'starts_at'])
      .execute()
    await db.schema
      .createTable('reservations')
      .addColumn('id', 'text', (column) => column.primaryKey())
      .addColumn('account', 'text', (column) => column.notNull())
      .addColumn('at', 'bigint', (column) => column.notNull())
      .addColumn('tokens', 'bigint', (column) => column.notNull())
      .addColumn('cost_nano', 'bigint', (column) => column.notNull())
      .addColumn('expires_at', 'bigint', (column) => column.notNull())
      .addColumn('is_counted', 'integer', (column) => column.notNull())
      .execute()
    await db.schema.createIndex('reservations_expires_at').on('reservations').column('expires_at').execute()
  },
}

/** A key and those that took its place are one account: what one has used up, the next has not got. */
async function nameAccounts(db: Kysely<unknown>): Promise<void> {
  await db.schema
    .alterTable('keys')
    .addColumn('account', 'text', (column) => column.notNull().defaultTo(''))
    .execute()
  const keys = db.withTables<{ keys: { id: string; rotated_from: string | null; account: string } }>()
  const rows = await keys.selectFrom('keys').select(['id', 'rotated_from']).execute()
  const before = new Map(rows.map((row) => [row.id, row.rotated_from]))
  for (const { id } of rows) {
    let account = id
    for (let earlier = before.get(id); typeof earlier === 'string'; earlier = before.get(earlier)) account = earlier
    await keys.updateTable('keys').set({ account }).where('id', '=', id).execute()
  }
}
