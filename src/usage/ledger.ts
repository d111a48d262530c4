/**
 * The ledger of what callers took: a row for each request that asked a model. A request only ever waits for a line to be
 * handed to the journal; the database gets it within a second, in one transaction with others, exactly once.
 */
import type { Logger } from '../log.ts'
import type { Store } from '../store/store.ts'
import type { Allowances } from './allowances.ts'
import type { Journal } from './journal.ts'
import { LedgerEntry } from './ledger-entry.ts'
import { createLedgerWriter } from './ledger-writer.ts'
import { expire, forgetOld } from './record-usage.ts'
import type { Ledger } from './request-meter.ts'

export interface LedgerOptions {
  readonly store: Store
  readonly journal: Journal
  readonly allowances: Allowances
  readonly log: Pick<Logger, 'warn' | 'error'>
  /** Rows are kept for as long, their sums by day for ever. */
  readonly keptMs: number
  readonly flushMs?: number
  readonly retryMs?: number
  readonly tidyMs?: number
}

const TIDY_MS = 600_000

export function createLedger(options: LedgerOptions): Ledger {
  const { store, journal, allowances, log, keptMs, tidyMs = TIDY_MS } = options
  const running = new Set<LedgerEntry>()
  const writer = createLedgerWriter({ ...options, running: () => [...running].map((entry) => entry.line) })
  let closing: Promise<void> | undefined
  const tidy = async (): Promise<void> => {
    // A database that is away is asked again the next time.
    if (closing === undefined) await store.run((db) => expire(db, Date.now())).catch(() => undefined)
    if (closing === undefined) await store.run((db) => forgetOld(db, Date.now(), keptMs)).catch(() => undefined)
  }
  /** Again and again: of an instance on another machine, or in another container, it is known after an hour only that it is gone. */
  const adopt = async (): Promise<void> => {
    if (closing !== undefined) return
    await journal
      .adopt()
      .catch((error: unknown) =>
        log.warn({ err: error }, 'what other instances left of the usage ledger cannot be read'),
      )
    if (closing === undefined) await writer.flush()
  }
  const tidying = setInterval(() => void adopt().then(tidy), tidyMs).unref()
  void adopt().then(tidy)
  const close = async (patienceMs: number): Promise<void> => {
    clearInterval(tidying)
    const tooLate = new Promise<false>((resolve) => setTimeout(() => resolve(false), patienceMs).unref())
    const isOver = await Promise.race([writer.stop(), tooLate])
    await journal.close(isOver && running.size === 0)
  }
  return {
    open(request) {
      const entry: LedgerEntry = new LedgerEntry(request, {
        allowances,
        write: (line) => writer.write(line),
        settleNow: () => writer.flush(),
        onRunning: () => running.add(entry),
        onDone: (isUrgent) => {
          running.delete(entry)
          if (isUrgent) void writer.flush()
          else writer.flushSoon()
        },
      })
      return entry
    },
    flush: () => writer.flush(),
    status: () => ({ lost: writer.lost, waitingBytes: journal.waitingBytes }),
    close: (patienceMs) => (closing ??= close(patienceMs)),
  }
}
