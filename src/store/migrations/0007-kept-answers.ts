import type { Migration } from 'kysely'

/** What was answered to requests with an `Idempotency-Key`. */
export const createKeptAnswers: Migration = {
  async up(db) {
    await db.schema
      .createTable('kept_answers')
      .addColumn('principal', 'text', (column) => column.notNull())
      .addColumn('name', 'text', (column) => column.notNull())
      .addColumn('fingerprint', 'text', (column) => column.notNull())
      .addColumn('writer', 'text')
      .addColumn('writer_until', 'bigint', (column) => column.notNull())
      .addColumn('created_at', 'bigint', (column) => column.notNull())
      .addColumn('expires_at', 'bigint', (column) => column.notNull())
      .addColumn('bytes', 'bigint', (column) => column.notNull())
      .addColumn('answer', 'text')
      .addPrimaryKeyConstraint('kept_answers_pk', ['principal', 'name'])
      .execute()
    await db.schema.createIndex('kept_answers_expiry').on('kept_answers').column('expires_at').execute()
    // With the bytes in it, adding up what a caller has reads no answer.
    await db.schema
      .createIndex('kept_answers_age')
      .on('kept_answers')
      .columns(['principal', 'created_at', 'name', 'bytes'])
      .execute()
  },
}
