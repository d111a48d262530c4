import { Kysely, PostgresDialect } from 'kysely'
import pg from 'pg'
import { migrate } from './migrate.ts'
import type { Tables } from './tables.ts'

/**
 * Connects and brings the schema up to date. Connections that break are replaced by the pool.
 * @param onLost told when a connection breaks that nobody is using
 */
export async function openPostgres(url: string, onLost: (cause: unknown) => void): Promise<Kysely<Tables>> {
  const pool = new pg.Pool({
    connectionString: url,
    max: 10,
    // A request that has to wait longer is better told so.
    connectionTimeoutMillis: 1000,
    // The server gives up first, so that the connection is free again.
    statement_timeout: 2500,
    query_timeout: 3000,
    application_name: 'dragoman',
    types: {
      // Times and counts: all of them are within what a number holds exactly.
      getTypeParser: (oid, format) => (oid === pg.types.builtins.INT8 ? Number : pg.types.getTypeParser(oid, format)),
    },
  })
  // Without a listener, each of them would end the process.
  pool.on('error', onLost)
  pool.on('connect', (client) => client.on('error', () => undefined))
  const db = new Kysely<Tables>({ dialect: new PostgresDialect({ pool }) })
  try {
    await migrate(db)
    return db
  } catch (error) {
    await db.destroy()
    throw error
  }
}
