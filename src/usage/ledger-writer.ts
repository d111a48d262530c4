/** Brings rows of the ledger from the journal into the database, soon, together and once. */
import { setImmediate as others } from 'node:timers/promises'
import type { Logger } from '../log.ts'
import type { Store } from '../store/store.ts'
import { isUnstorable, StoreUnavailable } from '../store/store-unavailable.ts'
import type { UsageRow } from '../store/usage-table.ts'
import type { Journal, SealedJournal } from './journal.ts'
import type { JournalLine } from './journal-line.ts'
import { recordUsage } from './record-usage.ts'

export interface LedgerWriter {
  write(line: JournalLine): void
  /** Brings in all that is done by now. Resolves when that has worked, or failed and will be tried again. */
  flush(): Promise<void>
  /** Does so a little later, together with what comes until then. */
  flushSoon(): void
  /** Rows that neither the disk nor memory could hold. */
  readonly lost: number
  /** Flushes no more. @returns whether all that is done is in the database */
  stop(): Promise<boolean>
}

export interface LedgerWriterOptions {
  readonly store: Store
  readonly journal: Journal
  readonly log: Pick<Logger, 'warn' | 'error'>
  /** The rows that are not done, as they are now. */
  readonly running: () => readonly JournalLine[]
  readonly flushMs?: number
  readonly retryMs?: number
}

const FLUSH_MS = 500
const RETRY_MS = 1000
/** The whole process waits for SQLite to write them. */
const ROWS_AT_ONCE = 50
/** A file is read as a whole. */
const LONGEST_FILE = 4 * 1024 * 1024
/** Rows that the disk did not take. */
const MOST_IN_MEMORY = 1000

export function createLedgerWriter(options: LedgerWriterOptions): LedgerWriter {
  const { store, journal, log, running, flushMs = FLUSH_MS, retryMs = RETRY_MS } = options
  const inMemory: UsageRow[] = []
  let lost = 0
  let hasNews = false
  let timer: NodeJS.Timeout | undefined
  let flushing: Promise<void> | undefined
  let isStopped = false
  /** In `performance.now()` time: what did not work does not work for everyone who asks meanwhile. */
  let retryAt = 0

  const keepInMemory = (row: UsageRow): void => {
    if (inMemory.length < MOST_IN_MEMORY) return void inMemory.push(row)
    lost += 1
    if (lost === 1) log.error('rows of the usage ledger are lost: neither the disk nor the database takes them')
  }
  /** A row that the database never takes must not hold up those behind it. */
  const record = async (rows: readonly UsageRow[]): Promise<void> => {
    try {
      await store.run((db) => recordUsage(db, rows))
    } catch (error) {
      if (!isUnstorable(error)) throw error
      const [only] = rows
      if (rows.length > 1) for (const row of rows) await record([row])
      else if (only !== undefined) {
        lost += 1
        log.error({ err: error, requestId: only.id }, 'the database does not take a row of the usage ledger')
      }
    }
  }
  const later = (ms: number): void => {
    if (!isStopped) timer ??= setTimeout(() => void start(), ms).unref()
  }
  const bringIn = async (): Promise<void> => {
    clearTimeout(timer)
    timer = undefined
    try {
      while (hasNews) {
        hasNews = false
        await bringInSealed(journal, record, log)
        await bringInMemory(inMemory, record)
        if (journal.bytes > 0) journal.seal(running())
        await bringInSealed(journal, record, log)
      }
    } catch (error) {
      hasNews = true
      retryAt = performance.now() + retryMs
      // The store has told that it is away.
      if (!(error instanceof StoreUnavailable)) log.error({ err: error }, 'the usage ledger cannot be written')
      later(retryMs)
    }
  }
  const start = (): Promise<void> => {
    hasNews = true
    return (flushing ??= bringIn().finally(() => (flushing = undefined)))
  }
  const flush = (): Promise<void> => {
    const isWaiting = timer !== undefined && performance.now() < retryAt
    return isWaiting && flushing === undefined ? Promise.resolve() : start()
  }
  return {
    write(line) {
      if (!journal.write(line) && line.isDone) keepInMemory(line.row)
      if (journal.bytes <= LONGEST_FILE) return
      try {
        journal.seal(running())
      } catch {
        // A disk that is full takes no new file: the old one gets longer.
      }
    },
    flush,
    flushSoon: () => later(flushMs),
    get lost() {
      return lost
    },
    async stop() {
      isStopped = true
      clearTimeout(timer)
      await start()
      return !hasNews
    },
  }
}

type RecordRows = (rows: readonly UsageRow[]) => Promise<void>

async function bringInMemory(inMemory: UsageRow[], record: RecordRows): Promise<void> {
  while (inMemory.length > 0) {
    const rows = inMemory.slice(0, ROWS_AT_ONCE)
    await record(rows)
    inMemory.splice(0, rows.length)
    await others()
  }
}

async function bringInSealed(journal: Journal, record: RecordRows, log: LedgerWriterOptions['log']): Promise<void> {
  for (const sealed of journal.sealed()) {
    try {
      await bringInOne(sealed, record)
    } catch (error) {
      if (!sealed.isOrphan || error instanceof StoreUnavailable) throw error
      // Files that a server of another user left cannot be read, for one. They must not hold up our own rows.
      sealed.leave()
      log.error({ err: error }, 'what another instance left of the usage ledger cannot be brought in')
    }
  }
}

async function bringInOne(sealed: SealedJournal, record: RecordRows): Promise<void> {
  const rows = await rowsOf(sealed)
  for (let at = 0; at < rows.length; at += ROWS_AT_ONCE) {
    await record(rows.slice(at, at + ROWS_AT_ONCE))
    // SQLite takes its time without giving any to others.
    if (at + ROWS_AT_ONCE < rows.length) await others()
  }
  await sealed.remove()
}

/** What is not done goes on in a later file, unless there is nobody any more to whom it could. */
async function rowsOf(sealed: SealedJournal): Promise<readonly UsageRow[]> {
  const lines = await sealed.read()
  return lines.filter(({ isDone }) => isDone || sealed.isOrphan).map(({ row }) => row)
}
