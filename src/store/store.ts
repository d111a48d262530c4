/**
 * The database, opened at its first use. Whoever needs it gets it by `run` alone, so that one place knows whether it is
 * there: a database that went away is tried again by the next use, and nothing has to be restarted.
 */
import type { Kysely, Transaction } from 'kysely'
import type { Logger } from '../log.ts'
import { type DatabaseAddress, describeAddress, readDatabaseUrl } from './database-url.ts'
import { isAway, isPassing, StoreUnavailable } from './store-unavailable.ts'
import type { Tables } from './tables.ts'

export type Database = Kysely<Tables>
/** The database within a transaction. */
export type Change = Transaction<Tables>

export interface Store {
  readonly kind: 'sqlite' | 'postgres'
  /**
   * Does `work` on the database, once. Other failures than those below are the work's own.
   * @throws StoreUnavailable within seconds when the database is away or busy, also before its first answer
   */
  run<T>(work: (db: Database) => Promise<T>): Promise<T>
  status(): StoreStatus
  /** Waits for nothing that still runs. */
  close(): Promise<void>
}

export interface StoreStatus {
  /** As of the last use. `opening`: it has not answered yet. */
  readonly state: 'opening' | 'ready' | 'away'
  /** Whether it has answered since the start. */
  readonly wasReady: boolean
}

export interface StoreOptions {
  /** `DATABASE_URL`. */
  readonly url: string
  /** `DATA_DIR`. */
  readonly dataFolder: string
  readonly log: Pick<Logger, 'info' | 'warn'>
}

/** While it is away, it is asked at most this often: a flood of callers must not become one of connections. */
const RETRY_MS = 500

export function createStore({ url, dataFolder, log }: StoreOptions): Store {
  const address = readDatabaseUrl(url, dataFolder)
  const opened = createOpener(address)
  let state: StoreStatus['state'] = 'opening'
  let wasReady = false
  let failedAt = -Infinity
  let lastFailure: unknown

  const foundReady = (): void => {
    if (state === 'away') log.info({ database: describeAddress(address) }, 'the database is back')
    state = 'ready'
    wasReady = true
  }
  const foundAway = (cause: unknown): void => {
    if (state !== 'away') log.warn({ err: cause, database: describeAddress(address) }, 'the database is away')
    state = 'away'
    failedAt = performance.now()
    lastFailure = cause
  }
  const open = (): Promise<Database> => opened.get(foundAway)

  return {
    kind: address.kind,
    async run(work) {
      if (state === 'away' && performance.now() - failedAt < RETRY_MS) throw new StoreUnavailable(lastFailure)
      let db: Database | undefined
      try {
        db = await open()
        const result = await work(db)
        foundReady()
        return result
      } catch (error) {
        // One that cannot be opened is away, whatever the reason.
        if (db !== undefined && !isAway(error)) throw isPassing(error) ? new StoreUnavailable(error) : error
        foundAway(error)
        throw new StoreUnavailable(error)
      }
    },
    status: () => ({ state, wasReady }),
    close: () => opened.close(),
  }
}

interface Opener {
  get(onLost: (cause: unknown) => void): Promise<Database>
  close(): Promise<void>
}

/** Opens once for all who ask at a time; after a failure the next one who asks tries again. */
function createOpener(address: DatabaseAddress): Opener {
  let opening: Promise<Database> | undefined
  let isClosed = false
  return {
    get(onLost) {
      if (isClosed) return Promise.reject(new StoreUnavailable('closed'))
      opening ??= openDatabase(address, onLost).catch((error: unknown): never => {
        opening = undefined
        throw error
      })
      return opening
    },
    async close() {
      isClosed = true
      await (await opening?.catch(() => undefined))?.destroy()
    },
  }
}

/** A driver is loaded where it is used: both take longer than the rest of a command. */
async function openDatabase(address: DatabaseAddress, onLost: (cause: unknown) => void): Promise<Database> {
  switch (address.kind) {
    case 'sqlite': {
      const { openSqlite } = await import('./sqlite.ts')
      return openSqlite(address)
    }
    case 'postgres': {
      const { openPostgres } = await import('./postgres.ts')
      return openPostgres(address.url, onLost)
    }
  }
}
