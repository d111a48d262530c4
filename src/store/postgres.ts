import { Kysely, type LogEvent, PostgresDialect, type PostgresPool } from 'kysely'
import pg from 'pg'
import { migrate } from './migrate.ts'
import type { Tables } from './tables.ts'

/** The server gives up first, so that the connection is free again. */
const STATEMENT_MS = 2500
const QUERY_MS = 3000
/** Statements see what others have committed, and wait for rows: stricter ones would fail instead, if the database asks for such. */
const ISOLATION = 'set session characteristics as transaction isolation level read committed'

/**
 * Connects and brings the schema up to date. Connections that break are replaced by the pool.
 * @param onLost told when a connection breaks that nobody is using
 */
export async function openPostgres(url: string, onLost: (cause: unknown) => void): Promise<Kysely<Tables>> {
  const pool = createRenewablePool(url, onLost)
  const onEvent = (event: LogEvent): void => {
    if (event.level === 'error' && isSilence(event.error)) pool.renew()
  }
  const db = new Kysely<Tables>({ dialect: new PostgresDialect({ pool }), log: onEvent })
  try {
    await migrate(db)
    return db
  } catch (error) {
    await db.destroy()
    throw error
  }
}

/** Not even the server's own end of a statement has come. */
function isSilence(error: unknown): boolean {
  return error instanceof Error && error.message === 'Query read timeout'
}

interface RenewablePool extends PostgresPool {
  /** Others take the place of all its connections. Those that somebody uses end when they are given back. */
  renew(): void
}

/**
 * A server that failed over leaves connections that nothing comes from, and that nobody closes: pg gives such a one back to the
 * next who asks, for the quarter of an hour in which the system sends again what nobody acknowledges.
 */
function createRenewablePool(url: string, onLost: (cause: unknown) => void): RenewablePool {
  let current = open()
  let openedAt = performance.now()
  function open(): pg.Pool {
    const pool = createPool(url)
    // Without a listener, each of them would end the process.
    pool.on('error', (cause) => {
      if (pool === current) onLost(cause)
    })
    pool.on('connect', (client) => {
      client.on('error', () => undefined)
      // Should it fail, whoever waits for the connection hears why.
      client.query(ISOLATION).catch(() => undefined)
    })
    return pool
  }
  return {
    connect: () => current.connect(),
    end: () => current.end(),
    renew() {
      // Of all who waited in vain for the old connections, the first has seen to it.
      if (performance.now() - openedAt < QUERY_MS || current.ending) return
      const old = current
      current = open()
      openedAt = performance.now()
      old.end().catch(() => undefined)
    },
  }
}

function createPool(url: string): pg.Pool {
  return new pg.Pool({
    connectionString: url,
    max: 10,
    // A request that has to wait longer is better told so.
    connectionTimeoutMillis: 1000,
    statement_timeout: STATEMENT_MS,
    query_timeout: QUERY_MS,
    application_name: 'dragoman',
    types: {
      // Times and counts: all of them are within what a number holds exactly.
      getTypeParser: (oid, format) => (oid === pg.types.builtins.INT8 ? Number : pg.types.getTypeParser(oid, format)),
    },
  })
}
