import { type Migration, sql } from 'kysely'

/** System messages stand among the turns, and count into the bytes of a session. */
export const moveSessionSystem: Migration = {
  async up(db) {
    await db.schema
      .alterTable('sessions')
      .addColumn('system_bytes', 'bigint', (column) => column.notNull().defaultTo(0))
      .execute()
    await sql`insert into session_turns (session_id, turn, at, content)
      select id, 0, created_at, system from sessions where system <> '[]'`.execute(db)
    await sql`update sessions set system_bytes = octet_length(system), bytes = bytes + octet_length(system)
      where system <> '[]'`.execute(db)
    await db.schema.alterTable('sessions').dropColumn('system').execute()
  },
}
