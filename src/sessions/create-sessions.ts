/** Sessions in the database. A request that adds a turn is the session's writer, by a lease. */
import { randomUUID } from 'node:crypto'
import { setImmediate as others } from 'node:timers/promises'
import type { LiveConfig } from '../config.ts'
import { ApiError } from '../errors.ts'
import { isHeld, LEASE_MS, writerName } from '../lease.ts'
import type { Logger } from '../log.ts'
import { createTurns } from '../one-by-one.ts'
import {
  countSessions,
  deleteExpired,
  deleteSession,
  findSession,
  listSessions,
  lockSession,
  readSystem,
  readTurns,
  type StoredSession,
  sumSessions,
  updateSession,
} from '../store/sessions-table.ts'
import { locksRows } from '../store/lock-rows.ts'
import type { Change, Database, Store } from '../store/store.ts'
import { sumSession } from '../store/usage-table.ts'
import { openTurn, sessionFull } from './open-turn.ts'
import type { SessionFacts, SessionRequest, Sessions, SessionTurn } from './sessions.ts'

type SessionSettings = Pick<LiveConfig, 'SESSION_TTL' | 'SESSION_MAX_MESSAGES' | 'SESSION_MAX_BYTES' | 'MAX_SESSIONS'>

export interface SessionsOptions {
  readonly store: Store
  /** The name of this instance. */
  readonly instance: string
  /** Asked anew for each turn. */
  readonly currentConfig: () => SessionSettings
  readonly log: Pick<Logger, 'warn'>
  /** Brings into the database what turns took. */
  readonly flushUsage?: () => Promise<void>
  /** A session is gone, with what belongs to it elsewhere. Never rejects. */
  readonly ended?: (session: { readonly principalId: string; readonly sessionId: string }) => Promise<void>
  readonly leaseMs?: number
  readonly sweepMs?: number
}

const SWEEP_MS = 60_000
/** The whole process waits for SQLite. */
const SWEPT_AT_ONCE = 10
/** What is read at once of a session, in bytes, for the same reason. */
const READ_AT_ONCE = 1_000_000

export function createSessions(options: SessionsOptions): Sessions {
  const { store, leaseMs = LEASE_MS, sweepMs = SWEEP_MS } = options
  const change = <T>(work: (db: Change) => Promise<T>): Promise<T> => store.run((db) => db.transaction().execute(work))
  const tellEnd = async ({ id, principal }: Pick<StoredSession, 'id' | 'principal'>): Promise<void> =>
    options.ended?.({ principalId: principal, sessionId: id })
  const inTurn = createTurns()
  const read = async (session: StoredSession): Promise<Said> => {
    if (session.bytes > READ_AT_ONCE) await inTurn()
    return readSaid(store, session)
  }
  const sweep = async (): Promise<void> => {
    for (;;) {
      const expired = await change((db) => deleteExpired(db, Date.now(), SWEPT_AT_ONCE))
      for (const session of expired) await tellEnd(session)
      if (expired.length < SWEPT_AT_ONCE) return
      await others()
    }
  }
  // A database that is away is asked again the next time.
  const sweeping = setInterval(() => void sweep().catch(() => undefined), sweepMs).unref()

  return {
    async begin(request) {
      const writer = writerName(options.instance, request.requestId)
      const config = options.currentConfig()
      const { session, expired } = await change((db) => beginTurn(db, request, { writer, config, leaseMs }))
      if (expired !== undefined) await tellEnd(expired)
      const ended = (): Promise<void> => tellEnd(session)
      const turn = openTurn({ store, config, log: options.log, leaseMs, ended }, session, writer)
      try {
        request.takeRoom(session.bytes)
        return { ...turn, ...(await read(session)) }
      } catch (error) {
        await turn.release()
        throw error
      }
    },
    list: (principalId, { after, most }) =>
      store.run(async (db) => {
        const before = after === undefined ? undefined : await findSession(db, principalId, after)
        if (after !== undefined && before === undefined) throw unknownPage()
        const now = Date.now()
        const found = await listSessions(db, { principal: principalId, now, after: before, most: most + 1 })
        return { sessions: found.slice(0, most).map((session) => factsOf(session, now)), hasMore: found.length > most }
      }),
    async find(principalId, name, takeRoom) {
      const session = await store.run((db) => findLive(db, principalId, name))
      if (session === undefined) return undefined
      takeRoom(session.bytes)
      const { system, earlier } = await read(session)
      // What its last turn took may not be there yet.
      await options.flushUsage?.()
      const taken = await store.run((db) => sumSession(db, session.id))
      return { facts: factsOf(session, Date.now()), system, turns: earlier, taken }
    },
    async remove(principalId, name) {
      const removed = await change(async (db) => {
        const session = await findLive(db, principalId, name, { isLocked: locksRows(db) })
        if (session === undefined) return undefined
        if (isHeld(session, Date.now())) throw busy()
        return (await deleteSession(db, session.id)) ? session : undefined
      })
      if (removed === undefined) return false
      await tellEnd(removed)
      return true
    },
    stats: (principalId) => store.run((db) => sumSessions(db, principalId, Date.now())),
    close: () => clearInterval(sweeping),
  }
}

interface Beginning {
  readonly writer: string
  readonly config: SessionSettings
  readonly leaseMs: number
}

interface Begun {
  readonly session: StoredSession
  /** The one of the same name that had come to its end. */
  readonly expired: StoredSession | undefined
}

async function beginTurn(db: Change, request: SessionRequest, beginning: Beginning): Promise<Begun> {
  const { writer, config, leaseMs } = beginning
  const now = Date.now()
  const fresh = freshSession(request, now)
  let session = await lockSession(db, fresh)
  if (isHeld(session, now)) throw busy()
  const expired = session.expiresAt <= now && session.id !== fresh.id ? session : undefined
  if (expired !== undefined) {
    await deleteSession(db, session.id)
    session = await lockSession(db, fresh)
  }
  if (session.id === fresh.id) await checkCount(db, request.principalId, config.MAX_SESSIONS)
  checkRoom(session, request, config)
  const lease = { writer, writer_until: now + leaseMs, expires_at: Math.max(session.expiresAt, now + leaseMs) }
  await updateSession(db, { id: session.id, writer: session.writer }, lease)
  return { session, expired }
}

type Said = Pick<SessionTurn, 'system' | 'earlier'>

/** Some at a time: a long conversation takes SQLite tens of milliseconds. */
async function readSaid(store: Store, session: StoredSession): Promise<Said> {
  const { id, turns, bytes, systemBytes, transcriptBytes } = session
  const system = systemBytes === 0 ? undefined : await store.run((db) => readSystem(db, id))
  const most = Math.max(1, Math.floor((READ_AT_ONCE * turns) / Math.max(1, bytes - systemBytes - transcriptBytes)))
  const earlier: string[] = []
  for (let after = 0; after < turns; after += most) {
    if (after > 0) await others()
    const some = await store.run((db) => readTurns(db, id, { after, to: Math.min(turns, after + most) }))
    for (const content of some) earlier.push(content)
  }
  return { system: system ?? '[]', earlier }
}

function freshSession({ principalId, name }: SessionRequest, now: number): StoredSession {
  return {
    id: randomUUID(),
    principal: principalId,
    name,
    model: null,
    turns: 0,
    messages: 0,
    bytes: 0,
    systemBytes: 0,
    transcriptId: null,
    transcriptBytes: 0,
    createdAt: now,
    usedAt: now,
    expiresAt: now,
    writer: null,
    writerUntil: 0,
  }
}

async function checkCount(db: Change, principalId: string, most: number): Promise<void> {
  if ((await countSessions(db, principalId, Date.now())) < most) return
  throw new ApiError('too_many_sessions', {
    message: `There are ${most} sessions already: remove some, or let them expire.`,
    param: 'session_id',
  })
}

function checkRoom(session: StoredSession, added: SessionRequest, config: SessionSettings): void {
  const messages = session.messages + added.messages
  const bytes = session.bytes + added.bytes
  const { SESSION_MAX_MESSAGES: mostMessages, SESSION_MAX_BYTES: mostBytes } = config
  if (messages <= mostMessages && bytes <= mostBytes) return
  throw sessionFull(messages > mostMessages ? `${mostMessages} messages` : `${mostBytes} bytes`)
}

async function findLive(
  db: Database,
  principalId: string,
  name: string,
  lock: { readonly isLocked?: boolean } = {},
): Promise<StoredSession | undefined> {
  const session = await findSession(db, principalId, name, lock)
  const isThere = session !== undefined && session.turns > 0 && session.expiresAt > Date.now()
  return isThere ? session : undefined
}

/** Whoever reads page after page would begin again with the first one. */
const unknownPage = (): ApiError =>
  new ApiError('invalid_value', { message: "There is no session of the id in 'after' any more.", param: 'after' })

const busy = (): ApiError => new ApiError('session_busy')

function factsOf(session: StoredSession, now: number): SessionFacts {
  const { name, createdAt, usedAt, expiresAt, turns, messages, bytes, model } = session
  return { name, createdAt, usedAt, expiresAt, turns, messages, bytes, model, isBusy: isHeld(session, now) }
}
