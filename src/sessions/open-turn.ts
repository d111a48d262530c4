/** The turn of a session's writer: what it adds is stored whole, in one transaction, or not at all. */
import type { LiveConfig } from '../config.ts'
import { ApiError } from '../errors.ts'
import { holdLease } from '../lease.ts'
import type { Logger } from '../log.ts'
import { deleteEntries, insertEntries, readEntryIds } from '../store/session-entries-table.ts'
import { deleteSession, insertTurn, type StoredSession, updateSession, writeSystem } from '../store/sessions-table.ts'
import type { Change, Store } from '../store/store.ts'
import type { SessionAddition, SessionTurn } from './sessions.ts'
import { createTurnTranscript, type TurnTranscript, type WrittenEntry } from './turn-transcript.ts'

export interface OpenTurnOptions {
  readonly store: Store
  readonly config: Pick<LiveConfig, 'SESSION_TTL' | 'SESSION_MAX_BYTES'>
  readonly log: Pick<Logger, 'warn'>
  readonly leaseMs: number
  /** The session is gone with its only turn. Never rejects. */
  readonly ended: () => Promise<void>
}

/** In one statement. */
const ENTRIES_AT_ONCE = 50

/** The lease is renewed until the turn is committed or released. */
export function openTurn(
  options: OpenTurnOptions,
  session: StoredSession,
  writer: string,
): Omit<SessionTurn, 'system' | 'earlier'> {
  const { store, config, log, leaseMs } = options
  const { id } = session
  let transcript: TurnTranscript | undefined
  const lease = holdLease({
    leaseMs,
    renew: (until) => store.run((db) => updateSession(db, { id, writer }, { writer_until: until })),
    onError: (err) => log.warn({ err }, 'the lease of a session could not be renewed'),
  })
  return {
    sessionId: id,
    number: session.turns + 1,
    transcript() {
      transcript ??= createTurnTranscript({
        store,
        session,
        room: config.SESSION_MAX_BYTES - session.bytes,
        full: () => sessionFull(`${config.SESSION_MAX_BYTES} bytes`),
        isOpen: () => !lease.isOver,
      })
      return transcript
    },
    async commit(added) {
      const written = transcript === undefined ? [] : transcript.written()
      const transcriptId = transcript?.id ?? null
      const addition = { ...added, writer, ttl: config.SESSION_TTL, transcriptId, written }
      await store.run((db) => db.transaction().execute((change) => addTurn(change, session, addition)))
      lease.end()
    },
    async release() {
      if (lease.isOver) return
      lease.end()
      try {
        const isGone = await store.run((db) => db.transaction().execute((change) => free(change, session, writer)))
        if (isGone) await options.ended()
      } catch (error) {
        log.warn({ err: error }, 'a session stays busy until its lease ends')
      }
    },
  }
}

export function sessionFull(bound: string): ApiError {
  return new ApiError('session_full', {
    message: `The session cannot hold more than ${bound}: begin another one, or remove it.`,
    param: 'session_id',
  })
}

interface Addition extends SessionAddition {
  readonly writer: string
  readonly ttl: number
  readonly transcriptId: string | null
  readonly written: readonly WrittenEntry[]
}

async function addTurn(db: Change, session: StoredSession, added: Addition): Promise<void> {
  const { id } = session
  const now = Date.now()
  const turn = session.turns + 1
  const transcript = await nextTranscript(db, session, added)
  const systemBytes = added.system === undefined ? session.systemBytes : Buffer.byteLength(added.system)
  const before = session.bytes - session.transcriptBytes - session.systemBytes + systemBytes
  const said = before + Buffer.byteLength(added.content)
  const isStillWriter = await updateSession(
    db,
    { id, writer: added.writer },
    {
      model: added.model,
      turns: turn,
      messages: session.messages + added.messages,
      bytes: said + transcript.bytes,
      system_bytes: systemBytes,
      transcript_id: transcript.id,
      transcript_bytes: transcript.bytes,
      used_at: now,
      expires_at: now + added.ttl,
      writer: null,
      writer_until: 0,
    },
  )
  if (!isStillWriter) throw new ApiError('session_lost')
  await insertTurn(db, { session_id: id, turn, at: now, content: added.content })
  if (added.system !== undefined) await writeSystem(db, { session_id: id, at: now, content: added.system })
  if (transcript.id === null && session.transcriptId !== null) await deleteEntries(db, [id])
  for (let n = 0; n < transcript.added.length; n += ENTRIES_AT_ONCE) {
    const some = transcript.added.slice(n, n + ENTRIES_AT_ONCE)
    const rows = some.map(({ uuid, entry }, at) => ({
      session_id: id,
      position: transcript.from + n + at,
      uuid,
      entry,
    }))
    await insertEntries(db, rows)
  }
}

interface NextTranscript {
  readonly id: string | null
  /** Of all of it. */
  readonly bytes: number
  readonly added: readonly WrittenEntry[]
  /** The position of the first one. */
  readonly from: number
}

/** One that lacks a turn is of no use any more: the next turn has to begin with the messages, in which it is told. */
async function nextTranscript(
  db: Change,
  session: StoredSession,
  { transcriptId, written }: Addition,
): Promise<NextTranscript> {
  const stored = session.transcriptId === null ? [] : await readEntryIds(db, session.id)
  const known = new Set(stored)
  const added = written.filter(({ uuid }) => uuid === null || !known.has(uuid))
  if (added.length === 0) return { id: null, bytes: 0, added, from: 0 }
  const bytes = added.reduce((sum, entry) => sum + entry.bytes, session.transcriptBytes)
  return { id: transcriptId, bytes, added, from: stored.length }
}

/** A session without a turn is none. @returns whether it is gone for that */
async function free(db: Change, session: StoredSession, writer: string): Promise<boolean> {
  const before = { writer: null, writer_until: 0, expires_at: session.expiresAt }
  const isOurs = await updateSession(db, { id: session.id, writer }, before)
  return isOurs && session.turns === 0 && (await deleteSession(db, session.id))
}
