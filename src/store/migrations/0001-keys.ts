import type { Migration } from 'kysely'

export const createKeys: Migration = {
  async up(db) {
    await db.schema
      .createTable('keys')
      .addColumn('id', 'text', (column) => column.primaryKey())
      .addColumn('name', 'text', (column) => column.notNull())
      .addColumn('prefix', 'text', (column) => column.notNull())
      .addColumn('hash', 'text', (column) => column.notNull().unique())
      .addColumn('pepper_id', 'text', (column) => column.notNull())
      .addColumn('scopes', 'text', (column) => column.notNull())
      .addColumn('allowed_models', 'text')
      .addColumn('allowed_tools', 'text')
      .addColumn('requests_per_minute', 'integer')
      .addColumn('tokens_per_minute', 'bigint')
      .addColumn('budget_day_usd', 'double precision')
      .addColumn('budget_month_usd', 'double precision')
      .addColumn('expires_at', 'bigint')
      .addColumn('created_at', 'bigint', (column) => column.notNull())
      .addColumn('revoked_at', 'bigint')
      .addColumn('rotated_from', 'text')
      .execute()
  },
}
