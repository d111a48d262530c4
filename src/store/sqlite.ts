/** SQLite by libsql. Several processes may have the same file open: WAL, and writers that wait for one another. */
import { access, chmod, mkdir, open } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import {
  type DatabaseConnection,
  type Driver,
  Kysely,
  SqliteAdapter,
  type SqliteDatabase,
  SqliteDriver,
  SqliteIntrospector,
  SqliteQueryCompiler,
  type SqliteStatement,
} from 'kysely'
import Libsql from 'libsql'
import { PEPPER_FILE, type SqliteAddress } from './database-url.ts'
import { migrate } from './migrate.ts'
import type { Tables } from './tables.ts'

/** A statement that waits for another process's lock blocks this one: it does for this long only, and then tries again. */
const BLOCKING_MS = 10
const PATIENCE_MS = 2000

/**
 * Opens the file, which is made where there is none, and brings its schema up to date.
 * @throws Error that tells what to do when the file is not one of ours, or broken
 */
export async function openSqlite({ path, ownFolder }: SqliteAddress): Promise<Kysely<Tables>> {
  await makePrivate(path, ownFolder)
  const database = new Libsql(path)
  const db = new Kysely<Tables>({
    dialect: {
      createAdapter: () => new TransactionalAdapter(),
      createDriver: () => patient(new SqliteDriver({ database: withWriteLocks(database) })),
      createIntrospector: (kysely) => new SqliteIntrospector(kysely),
      createQueryCompiler: () => new SqliteQueryCompiler(),
    },
  })
  try {
    database.exec(`PRAGMA busy_timeout = ${BLOCKING_MS}`)
    await whilePatient(() => useWriteAheadLog(database))
    // A commit is on the disk before it is told of.
    database.exec('PRAGMA synchronous = FULL')
    await migrate(db)
    const found = JSON.stringify(database.prepare("PRAGMA quick_check('keys')").all())
    if (found !== '[{"quick_check":"ok"}]' && found !== '[{"integrity_check":"ok"}]') throw new Error(found)
    return db
  } catch (error) {
    database.close()
    if (isBusy(error)) throw error
    throw new Error(
      `the database ${path} cannot be used (${messageOf(error)}): restore it from a copy, or move it away`,
      {
        cause: error,
      },
    )
  }
}

/** Another process that opens the file at this moment can be in the way, which SQLite tells by staying in the old mode. */
function useWriteAheadLog(database: Libsql.Database): void {
  database.exec('PRAGMA journal_mode = WAL')
  const mode = JSON.stringify(database.prepare('PRAGMA journal_mode').all())
  if (!/wal/i.test(mode)) throw new BusyError(`the journal mode stays ${mode}`)
}

class BusyError extends Error {
  readonly code = 'SQLITE_BUSY'
}

const messageOf = (error: unknown): string => (error instanceof Error ? error.message : String(error))

/** SQLite makes its two other files with the mode of the first. */
async function makePrivate(path: string, ownFolder: boolean): Promise<void> {
  const folder = dirname(path)
  let isLost = false
  try {
    await mkdir(folder, { recursive: true, mode: 0o700 })
    if (ownFolder) await chmod(folder, 0o700)
    const file = await open(path, 'a', 0o600)
    await file.chmod(0o600)
    const { size } = await file.stat()
    await file.close()
    isLost = size === 0 && ownFolder && (await exists(join(folder, PEPPER_FILE)))
  } catch (error) {
    throw new Error(
      `the database ${path} cannot be used (${messageOf(error)}): make it writable, or set DATABASE_URL`,
      {
        cause: error,
      },
    )
  }
  // An empty one would let everybody in.
  if (isLost) {
    throw new Error(
      `the database ${path} is gone, but keys were made in it: put it back, or remove ${PEPPER_FILE} beside it`,
    )
  }
}

const exists = (path: string): Promise<boolean> =>
  access(path).then(
    () => true,
    () => false,
  )

/**
 * Takes the write lock before anything is written, by `exec`. A transaction that reads first would fail when another process
 * wrote in between. And a prepared statement that finds the file locked stays half done in libsql (0.5.29) until it is
 * collected: SQLite then commits nothing that is written after it, and tells nobody.
 */
function withWriteLocks(database: Libsql.Database): SqliteDatabase {
  const locked = <T>(work: () => T): T => {
    if (database.inTransaction) return work()
    database.exec('begin immediate')
    try {
      const result = work()
      database.exec('commit')
      return result
    } catch (error) {
      if (database.inTransaction) database.exec('rollback')
      throw error
    }
  }
  return {
    close: () => database.close(),
    prepare: (sql) => {
      if (/^(?:begin|commit|rollback)$/.test(sql)) {
        return command(() => database.exec(sql === 'begin' ? 'begin immediate' : sql))
      }
      const statement = database.prepare(sql)
      const run = /^(?:select|pragma)\b/i.test(sql) ? <T>(work: () => T): T => work() : locked
      return {
        reader: statement.reader,
        all: (parameters) => run(() => statement.all(parameters)),
        run: (parameters) => run(() => statement.run(parameters)),
        iterate: (parameters) => statement.iterate(parameters),
      }
    },
  }
}

function command(execute: () => unknown): SqliteStatement {
  const run = (): { changes: number; lastInsertRowid: number } => {
    execute()
    return { changes: 0, lastInsertRowid: 0 }
  }
  return { reader: false, run, all: () => [], iterate: () => [].values() }
}

/** SQLite's changes of the schema are transactional, which kysely leaves unused: so migrations are one transaction, with its lock. */
class TransactionalAdapter extends SqliteAdapter {
  override get supportsTransactionalDdl(): boolean {
    return true
  }
}

/** The driver, but statements wait for locks of other processes without holding up this one. */
function patient(driver: SqliteDriver): Driver {
  return {
    init: () => driver.init(),
    acquireConnection: async () => {
      // There is one connection. Whoever waits for it behind others that wait for a lock does so for no longer than they do.
      const since = performance.now()
      const connection: DatabaseConnection = await driver.acquireConnection()
      return {
        executeQuery: (query) => whilePatient(() => connection.executeQuery(query), since),
        streamQuery: (query, chunkSize) => connection.streamQuery(query, chunkSize),
      }
    },
    beginTransaction: (connection) => driver.beginTransaction(connection),
    commitTransaction: (connection) => driver.commitTransaction(connection),
    rollbackTransaction: (connection) => driver.rollbackTransaction(connection),
    releaseConnection: () => driver.releaseConnection(),
    destroy: () => driver.destroy(),
  }
}

async function whilePatient<T>(attempt: () => T | Promise<T>, since: number = performance.now()): Promise<T> {
  for (;;) {
    try {
      return await attempt()
    } catch (error) {
      if (!isBusy(error) || performance.now() - since > PATIENCE_MS) throw error
      await sleep(5 + Math.random() * 20)
    }
  }
}

function isBusy(error: unknown): boolean {
  return error instanceof Error && 'code' in error && /^SQLITE_(?:BUSY|LOCKED)/.test(String(error.code))
}
