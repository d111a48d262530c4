import type { Migration } from 'kysely'

/** What Claude Code itself has written down of a session, its tool steps included. */
export const createSessionEntries: Migration = {
  async up(db) {
    await db.schema.alterTable('sessions').addColumn('transcript_id', 'text').execute()
    await db.schema
      .alterTable('sessions')
      .addColumn('transcript_bytes', 'bigint', (column) => column.notNull().defaultTo(0))
      .execute()
    await db.schema
      .createTable('session_entries')
      .addColumn('session_id', 'text', (column) => column.notNull())
      .addColumn('position', 'integer', (column) => column.notNull())
      .addColumn('uuid', 'text')
      .addColumn('entry', 'text', (column) => column.notNull())
      .addPrimaryKeyConstraint('session_entries_pk', ['session_id', 'position'])
      .addUniqueConstraint('session_entries_uuid', ['session_id', 'uuid'])
      .execute()
  },
}
