import type { Migration } from 'kysely'

/** Conversations that live on the server, turn by turn. */
export const createSessions: Migration = {
  async up(db) {
    await db.schema
      .createTable('sessions')
      .addColumn('id', 'text', (column) => column.primaryKey())
      .addColumn('principal', 'text', (column) => column.notNull())
      .addColumn('name', 'text', (column) => column.notNull())
      .addColumn('system', 'text', (column) => column.notNull())
      .addColumn('model', 'text')
      .addColumn('turns', 'integer', (column) => column.notNull())
      .addColumn('messages', 'integer', (column) => column.notNull())
      .addColumn('bytes', 'bigint', (column) => column.notNull())
      .addColumn('created_at', 'bigint', (column) => column.notNull())
      .addColumn('used_at', 'bigint', (column) => column.notNull())
      .addColumn('expires_at', 'bigint', (column) => column.notNull())
      .addColumn('writer', 'text')
      .addColumn('writer_until', 'bigint', (column) => column.notNull())
      .addUniqueConstraint('sessions_name', ['principal', 'name'])
      .execute()
    await db.schema.createIndex('sessions_used_at').on('sessions').columns(['principal', 'used_at']).execute()
    await db.schema.createIndex('sessions_expires_at').on('sessions').column('expires_at').execute()
    await db.schema
      .createTable('session_turns')
      .addColumn('session_id', 'text', (column) => column.notNull())
      .addColumn('turn', 'integer', (column) => column.notNull())
      .addColumn('at', 'bigint', (column) => column.notNull())
      .addColumn('content', 'text', (column) => column.notNull())
      .addPrimaryKeyConstraint('session_turns_pk', ['session_id', 'turn'])
      .execute()
    await db.schema.createIndex('usage_session').on('usage').column('session').execute()
  },
}
