/** Conversations that live on the server. What is said in them is text to this file. */
import { type Selectable, sql } from 'kysely'
import { locksRows } from './lock-rows.ts'
import { deleteEntries } from './session-entries-table.ts'
import type { Change, Database } from './store.ts'

export interface SessionsTable {
  readonly id: string
  readonly principal: string
  /** As the caller calls it. */
  readonly name: string
  readonly model: string | null
  readonly turns: number
  readonly messages: number
  /** Of all that is said, of the system messages among it, and of the transcript. */
  readonly bytes: number
  readonly system_bytes: number
  /** By what id Claude Code knows it. Null where it has no transcript, or not one of every turn. */
  readonly transcript_id: string | null
  readonly transcript_bytes: number
  readonly created_at: number
  readonly used_at: number
  readonly expires_at: number
  /** The request that adds a turn to it, and until when others have to leave it alone. */
  readonly writer: string | null
  readonly writer_until: number
}

export interface SessionTurnsTable {
  readonly session_id: string
  /** From 1; 0 for the messages before the first turn. They can be megabytes, which lists and sums must not read. */
  readonly turn: number
  readonly at: number
  /** In JSON. */
  readonly content: string
}

/** Times are in milliseconds since 1970. */
export interface StoredSession {
  readonly id: string
  readonly principal: string
  readonly name: string
  readonly model: string | null
  readonly turns: number
  readonly messages: number
  readonly bytes: number
  readonly systemBytes: number
  readonly transcriptId: string | null
  readonly transcriptBytes: number
  readonly createdAt: number
  readonly usedAt: number
  readonly expiresAt: number
  readonly writer: string | null
  readonly writerUntil: number
}

/** The session of this name, its row locked; made where there is none. */
export async function lockSession(db: Change, fresh: StoredSession): Promise<StoredSession> {
  for (;;) {
    await db
      .insertInto('sessions')
      .values(toRow(fresh))
      .onConflict((conflict) => conflict.columns(['principal', 'name']).doNothing())
      .execute()
    // Between the two, another process can have removed the one that was there.
    const session = await findSession(db, fresh.principal, fresh.name, { isLocked: locksRows(db) })
    if (session !== undefined) return session
  }
}

export async function findSession(
  db: Database,
  principal: string,
  name: string,
  { isLocked = false }: { readonly isLocked?: boolean } = {},
): Promise<StoredSession | undefined> {
  const row = await db
    .selectFrom('sessions')
    .selectAll()
    .where('principal', '=', principal)
    .where('name', '=', name)
    .$if(isLocked, (query) => query.forUpdate())
    .executeTakeFirst()
  return row === undefined ? undefined : fromRow(row)
}

/** @returns those of these ids that are there */
export async function findSessions(db: Database, ids: readonly string[]): Promise<readonly string[]> {
  const rows = await db.selectFrom('sessions').select('id').where('id', 'in', ids).execute()
  return rows.map(({ id }) => id)
}

export interface SessionPage {
  readonly principal: string
  readonly now: number
  /** Of the one before the page. */
  readonly after: Pick<StoredSession, 'usedAt' | 'id'> | undefined
  readonly most: number
}

/** Those that were used last come first. */
export async function listSessions(
  db: Database,
  { principal, now, after, most }: SessionPage,
): Promise<StoredSession[]> {
  const rows = await db
    .selectFrom('sessions')
    .selectAll()
    .where('principal', '=', principal)
    .where('expires_at', '>', now)
    .where('turns', '>', 0)
    .$if(after !== undefined, (some) =>
      some.where((row) =>
        row.or([
          row('used_at', '<', after?.usedAt ?? 0),
          row.and([row('used_at', '=', after?.usedAt ?? 0), row('id', '<', after?.id ?? '')]),
        ]),
      ),
    )
    .orderBy('used_at', 'desc')
    .orderBy('id', 'desc')
    .limit(most)
    .execute()
  return rows.map(fromRow)
}

export interface SessionTotals {
  readonly sessions: number
  readonly turns: number
  readonly messages: number
  readonly bytes: number
  readonly busy: number
}

export async function sumSessions(db: Database, principal: string, now: number): Promise<SessionTotals> {
  const live = db
    .selectFrom('sessions')
    .where('principal', '=', principal)
    .where('expires_at', '>', now)
    .where('turns', '>', 0)
  const row = await live
    .select(({ fn }) => [
      fn.countAll<number | string>().as('sessions'),
      fn.sum<number | string | null>('turns').as('turns'),
      fn.sum<number | string | null>('messages').as('messages'),
      fn.sum<number | string | null>('bytes').as('bytes'),
    ])
    .executeTakeFirstOrThrow()
  const busy = await live
    .select(({ fn }) => fn.countAll<number | string>().as('sessions'))
    .where('writer_until', '>', now)
    .executeTakeFirstOrThrow()
  return {
    sessions: Number(row.sessions),
    turns: Number(row.turns ?? 0),
    messages: Number(row.messages ?? 0),
    bytes: Number(row.bytes ?? 0),
    busy: Number(busy.sessions),
  }
}

/** With those that have their first turn at this moment. Whoever counts waits until others of this caller have counted. */
export async function countSessions(db: Change, principal: string, now: number): Promise<number> {
  if (locksRows(db)) await sql`select pg_advisory_xact_lock(hashtextextended(${principal}, 0))`.execute(db)
  const { sessions } = await db
    .selectFrom('sessions')
    .where('principal', '=', principal)
    .where('expires_at', '>', now)
    .where((row) => row.or([row('turns', '>', 0), row('writer_until', '>', now)]))
    .select(({ fn }) => fn.countAll<number | string>().as('sessions'))
    .executeTakeFirstOrThrow()
  return Number(sessions)
}

/** What was said, turn by turn: after one, up to another one and with it. */
export async function readTurns(
  db: Database,
  sessionId: string,
  { after, to }: { readonly after: number; readonly to: number },
): Promise<readonly string[]> {
  const rows = await db
    .selectFrom('session_turns')
    .select('content')
    .where('session_id', '=', sessionId)
    .where('turn', '>', after)
    .where('turn', '<=', to)
    .orderBy('turn')
    .execute()
  return rows.map(({ content }) => content)
}

/** The messages before the first turn, in JSON; undefined where there are none. */
export async function readSystem(db: Database, sessionId: string): Promise<string | undefined> {
  const row = await db
    .selectFrom('session_turns')
    .select('content')
    .where('session_id', '=', sessionId)
    .where('turn', '=', 0)
    .executeTakeFirst()
  return row?.content
}

export async function writeSystem(db: Change, system: Omit<SessionTurnsTable, 'turn'>): Promise<void> {
  await db.deleteFrom('session_turns').where('session_id', '=', system.session_id).where('turn', '=', 0).execute()
  await insertTurn(db, { ...system, turn: 0 })
}

export async function insertTurn(db: Database, turn: SessionTurnsTable): Promise<void> {
  await db.insertInto('session_turns').values(turn).execute()
}

/** Nothing where `writer` is not its writer any more. @returns whether it is */
export async function updateSession(
  db: Database,
  { id, writer }: Pick<StoredSession, 'id' | 'writer'>,
  change: Partial<Omit<SessionsTable, 'id' | 'principal' | 'name'>>,
): Promise<boolean> {
  const { numUpdatedRows } = await db
    .updateTable('sessions')
    .set(change)
    .where('id', '=', id)
    .where('writer', writer === null ? 'is' : '=', writer)
    .executeTakeFirst()
  return numUpdatedRows > 0n
}

/** @returns whether it was there */
export async function deleteSession(db: Change, id: string): Promise<boolean> {
  await db.deleteFrom('session_turns').where('session_id', '=', id).execute()
  await deleteEntries(db, [id])
  const { numDeletedRows } = await db.deleteFrom('sessions').where('id', '=', id).executeTakeFirst()
  return numDeletedRows > 0n
}

/** Those that nobody has used in time, a few at once: the process waits for SQLite. @returns which */
export async function deleteExpired(
  db: Change,
  now: number,
  most: number,
): Promise<readonly Pick<StoredSession, 'id' | 'principal'>[]> {
  const rows = await db
    .selectFrom('sessions')
    .select(['id', 'principal'])
    .where('expires_at', '<', now)
    .where('writer_until', '<', now)
    .orderBy('expires_at')
    .limit(most)
    .$if(locksRows(db), (query) => query.forUpdate().skipLocked())
    .execute()
  const ids = rows.map(({ id }) => id)
  if (ids.length === 0) return rows
  await db.deleteFrom('session_turns').where('session_id', 'in', ids).execute()
  await deleteEntries(db, ids)
  await db.deleteFrom('sessions').where('id', 'in', ids).execute()
  return rows
}

export function toRow(session: StoredSession): SessionsTable {
  return {
    id: session.id,
    principal: session.principal,
    name: session.name,
    model: session.model,
    turns: session.turns,
    messages: session.messages,
    bytes: session.bytes,
    system_bytes: session.systemBytes,
    transcript_id: session.transcriptId,
    transcript_bytes: session.transcriptBytes,
    created_at: session.createdAt,
    used_at: session.usedAt,
    expires_at: session.expiresAt,
    writer: session.writer,
    writer_until: session.writerUntil,
  }
}

function fromRow(row: Selectable<SessionsTable>): StoredSession {
  return {
    id: row.id,
    principal: row.principal,
    name: row.name,
    model: row.model,
    turns: row.turns,
    messages: row.messages,
    bytes: row.bytes,
    systemBytes: row.system_bytes,
    transcriptId: row.transcript_id,
    transcriptBytes: row.transcript_bytes,
    createdAt: row.created_at,
    usedAt: row.used_at,
    expiresAt: row.expires_at,
    writer: row.writer,
    writerUntil: row.writer_until,
  }
}
