import type { Migration } from 'kysely'

/** The policy for Claude Code's own tools as admin keys have set it, and how often they were used. */
export const createTools: Migration = {
  async up(db) {
    await db.schema
      .createTable('tool_policy')
      .addColumn('id', 'text', (column) => column.primaryKey())
      .addColumn('content', 'text', (column) => column.notNull())
      .addColumn('changed_at', 'bigint', (column) => column.notNull())
      .execute()
    await db.schema
      .createTable('tool_counts')
      .addColumn('day', 'text', (column) => column.notNull())
      .addColumn('principal', 'text', (column) => column.notNull())
      .addColumn('tool', 'text', (column) => column.notNull())
      .addColumn('calls', 'bigint', (column) => column.notNull())
      .addColumn('failed', 'bigint', (column) => column.notNull())
      .addColumn('denied', 'bigint', (column) => column.notNull())
      .addColumn('total_ms', 'bigint', (column) => column.notNull())
      .addPrimaryKeyConstraint('tool_counts_pk', ['day', 'principal', 'tool'])
      .execute()
  },
}
