/** Kept answers in the database. The request that is being answered is the writer of its row, by a lease. */
import { setImmediate as others } from 'node:timers/promises'
import type { LiveConfig } from '../config.ts'
import { ApiError } from '../errors.ts'
import { holdLease, isHeld, LEASE_MS, writerName } from '../lease.ts'
import type { Logger } from '../log.ts'
import {
  deleteAnswer,
  deleteExpiredAnswers,
  deleteOldest,
  type FreshAnswer,
  lockAnswer,
  type StoredAnswer,
  sumAnswers,
  takeOverAnswer,
  updateAnswer,
  type Written,
} from '../store/kept-answers-table.ts'
import type { Change, Store } from '../store/store.ts'
import type { IdempotencyKeys, IdempotentRequest, OpenAnswer } from './idempotency-keys.ts'

export interface IdempotencyOptions {
  readonly store: Store
  /** The name of this instance. */
  readonly instance: string
  /** Asked anew for each answer. */
  readonly currentConfig: () => Pick<LiveConfig, 'IDEMPOTENCY_TTL'>
  readonly log: Pick<Logger, 'warn'>
  readonly leaseMs?: number
  readonly sweepMs?: number
  readonly bounds?: AnswerBounds
}

export interface AnswerBounds {
  /** Characters of one answer. */
  readonly longest: number
  /** Answers of a caller, and their bytes. Those that came first make room. */
  readonly mostAnswers: number
  readonly mostBytes: number
}

const LONGEST = 2_000_000
const MOST_ANSWERS = 10_000
const MOST_BYTES = 256_000_000
const BOUNDS: AnswerBounds = { longest: LONGEST, mostAnswers: MOST_ANSWERS, mostBytes: MOST_BYTES }
const SWEEP_MS = 60_000
/** The whole process waits for SQLite. */
const REMOVED_AT_ONCE = 50

export function createIdempotencyKeys(options: IdempotencyOptions): IdempotencyKeys {
  const { store, leaseMs = LEASE_MS, sweepMs = SWEEP_MS } = options
  const change = changesOf(store)
  const sweep = async (): Promise<void> => {
    while ((await change((db) => deleteExpiredAnswers(db, Date.now(), REMOVED_AT_ONCE))) === REMOVED_AT_ONCE) {
      await others()
    }
  }
  // A database that is away is asked again the next time.
  const sweeping = setInterval(() => void sweep().catch(() => undefined), sweepMs).unref()
  return {
    async begin(request) {
      const writer = writerName(options.instance, request.requestId)
      const answer = await change((db) => beginAnswer(db, freshAnswer(request, writer, leaseMs)))
      return answer === undefined ? openAnswer(options, request, writer) : { kind: 'kept', answer }
    },
    close: () => clearInterval(sweeping),
  }
}

function changesOf(store: Store) {
  return <T>(work: (db: Change) => Promise<T>): Promise<T> => store.run((db) => db.transaction().execute(work))
}

function freshAnswer({ principalId, key, fingerprint }: IdempotentRequest, writer: string, leaseMs: number) {
  const now = Date.now()
  return { principal: principalId, name: key, fingerprint, writer, writerUntil: now + leaseMs, now }
}

/** @returns the kept answer; undefined when this request is to be answered */
async function beginAnswer(db: Change, fresh: FreshAnswer): Promise<string | undefined> {
  const found = await lockAnswer(db, fresh)
  if (found.writer === fresh.writer) return undefined
  if (isFree(found, fresh.now)) {
    await takeOverAnswer(db, fresh)
    return undefined
  }
  if (found.fingerprint !== fresh.fingerprint) throw new ApiError('idempotency_key_reused')
  if (found.writer !== null) throw new ApiError('idempotency_key_in_use')
  if (found.answer === null) throw new ApiError('idempotent_answer_lost')
  return found.answer
}

/** Its time is over, or the one that would have answered is gone. */
function isFree(found: StoredAnswer, now: number): boolean {
  return found.writer === null ? found.expiresAt <= now : !isHeld(found, now)
}

function openAnswer(options: IdempotencyOptions, request: IdempotentRequest, writer: string): OpenAnswer {
  const { store, log, currentConfig, leaseMs = LEASE_MS, bounds = BOUNDS } = options
  const change = changesOf(store)
  const row = { principal: request.principalId, name: request.key, writer }
  const lease = holdLease({
    leaseMs,
    renew: (until) => store.run((db) => updateAnswer(db, row, { writer_until: until, expires_at: until })),
    onError: (err) => log.warn({ err }, 'the lease of an Idempotency-Key could not be renewed'),
  })
  return {
    kind: 'open',
    longest: bounds.longest,
    async keep(answer) {
      lease.end()
      const expiresAt = Date.now() + currentConfig().IDEMPOTENCY_TTL
      const bytes = answer === undefined ? 0 : Buffer.byteLength(answer)
      const kept = { writer: null, writer_until: 0, expires_at: expiresAt, bytes, answer: answer ?? null }
      try {
        const isKept = await change((db) => keepAnswer(db, row, { kept, bounds }))
        if (!isKept) log.warn('an answer was not kept: another request has its Idempotency-Key by now')
      } catch (err) {
        log.warn({ err }, 'an answer could not be kept for its Idempotency-Key')
      }
    },
    async release() {
      if (lease.isOver) return
      lease.end()
      try {
        await store.run((db) => deleteAnswer(db, row))
      } catch (err) {
        log.warn({ err }, 'an Idempotency-Key stays in use until its lease ends')
      }
    },
  }
}

type Kept = Parameters<typeof updateAnswer>[2]

async function keepAnswer(db: Change, row: Written, { kept, bounds }: { kept: Kept; bounds: AnswerBounds }) {
  const isKept = await updateAnswer(db, row, kept)
  await makeRoom(db, row.principal, bounds)
  return isKept
}

async function makeRoom(db: Change, principal: string, { mostAnswers, mostBytes }: AnswerBounds): Promise<void> {
  let { answers, bytes } = await sumAnswers(db, principal)
  while (answers > mostAnswers || bytes > mostBytes) {
    const removed = await deleteOldest(db, principal, Math.max(1, Math.min(REMOVED_AT_ONCE, answers - mostAnswers)))
    if (removed.answers === 0) return
    answers -= removed.answers
    bytes -= removed.bytes
  }
}
