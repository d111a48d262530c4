/** Answers that are kept under a caller's `Idempotency-Key`. What is in them is text to this file. */
import type { Selectable } from 'kysely'
import { locksRows } from './lock-rows.ts'
import type { Change, Database } from './store.ts'

export interface KeptAnswersTable {
  readonly principal: string
  /** The caller's key. */
  readonly name: string
  /** Of the request that was answered. */
  readonly fingerprint: string
  /** The request that is being answered, and until when others have to leave it alone. Null when it is answered. */
  readonly writer: string | null
  readonly writer_until: number
  readonly created_at: number
  readonly expires_at: number
  readonly bytes: number
  /** In JSON. Null before there is one, and for one that is too large. */
  readonly answer: string | null
}

/** Times are in milliseconds since 1970. */
export interface StoredAnswer {
  readonly principal: string
  readonly name: string
  readonly fingerprint: string
  readonly writer: string | null
  readonly writerUntil: number
  readonly expiresAt: number
  readonly answer: string | null
}

export interface FreshAnswer {
  readonly principal: string
  readonly name: string
  readonly fingerprint: string
  readonly writer: string
  readonly writerUntil: number
  readonly now: number
}

/** What stands under this key, its row locked; this request as its writer where there was nothing. */
export async function lockAnswer(db: Change, fresh: FreshAnswer): Promise<StoredAnswer> {
  for (;;) {
    await db
      .insertInto('kept_answers')
      .values({
        principal: fresh.principal,
        name: fresh.name,
        fingerprint: fresh.fingerprint,
        writer: fresh.writer,
        writer_until: fresh.writerUntil,
        created_at: fresh.now,
        expires_at: fresh.writerUntil,
        bytes: 0,
        answer: null,
      })
      .onConflict((conflict) => conflict.columns(['principal', 'name']).doNothing())
      .execute()
    const row = await db
      .selectFrom('kept_answers')
      .selectAll()
      .where('principal', '=', fresh.principal)
      .where('name', '=', fresh.name)
      .$if(locksRows(db), (query) => query.forUpdate())
      .executeTakeFirst()
    // Between the two, another process can have removed the one that was there.
    if (row !== undefined) return fromRow(row)
  }
}

/** A request takes the place of one that is over without an answer, or whose answer has come to its end. */
export async function takeOverAnswer(db: Change, fresh: FreshAnswer): Promise<void> {
  await db
    .updateTable('kept_answers')
    .set({
      fingerprint: fresh.fingerprint,
      writer: fresh.writer,
      writer_until: fresh.writerUntil,
      created_at: fresh.now,
      expires_at: fresh.writerUntil,
      bytes: 0,
      answer: null,
    })
    .where('principal', '=', fresh.principal)
    .where('name', '=', fresh.name)
    .execute()
}

/** What a writer has to name of its row. */
export interface Written {
  readonly principal: string
  readonly name: string
  readonly writer: string
}

/** Nothing where `writer` is not its writer any more. @returns whether it is */
export async function updateAnswer(
  db: Database,
  { principal, name, writer }: Written,
  change: Partial<Pick<KeptAnswersTable, 'writer' | 'writer_until' | 'expires_at' | 'bytes' | 'answer'>>,
): Promise<boolean> {
  const { numUpdatedRows } = await db
    .updateTable('kept_answers')
    .set(change)
    .where('principal', '=', principal)
    .where('name', '=', name)
    .where('writer', '=', writer)
    .executeTakeFirst()
  return numUpdatedRows > 0n
}

export async function deleteAnswer(db: Database, { principal, name, writer }: Written): Promise<void> {
  await db
    .deleteFrom('kept_answers')
    .where('principal', '=', principal)
    .where('name', '=', name)
    .where('writer', '=', writer)
    .execute()
}

/** How many of a caller's answers there are, and their bytes. */
export async function sumAnswers(
  db: Database,
  principal: string,
): Promise<{ readonly answers: number; readonly bytes: number }> {
  const row = await db
    .selectFrom('kept_answers')
    .where('principal', '=', principal)
    .select(({ fn }) => [
      fn.countAll<number | string>().as('answers'),
      fn.sum<number | string | null>('bytes').as('bytes'),
    ])
    .executeTakeFirstOrThrow()
  return { answers: Number(row.answers), bytes: Number(row.bytes ?? 0) }
}

/** Those of a caller that came first and are answered. @returns how many, and their bytes */
export async function deleteOldest(
  db: Change,
  principal: string,
  most: number,
): Promise<{ readonly answers: number; readonly bytes: number }> {
  const rows = await db
    .selectFrom('kept_answers')
    .select(['name', 'bytes'])
    .where('principal', '=', principal)
    .where('writer', 'is', null)
    .orderBy('created_at')
    .limit(most)
    .$if(locksRows(db), (query) => query.forUpdate().skipLocked())
    .execute()
  const names = rows.map(({ name }) => name)
  if (names.length > 0) {
    await db.deleteFrom('kept_answers').where('principal', '=', principal).where('name', 'in', names).execute()
  }
  return { answers: rows.length, bytes: rows.reduce((sum, { bytes }) => sum + bytes, 0) }
}

/** Those that have come to their end, a few at once: the process waits for SQLite. @returns how many */
export async function deleteExpiredAnswers(db: Change, now: number, most: number): Promise<number> {
  const rows = await db
    .selectFrom('kept_answers')
    .select(['principal', 'name'])
    .where('expires_at', '<', now)
    .orderBy('expires_at')
    .limit(most)
    .$if(locksRows(db), (query) => query.forUpdate().skipLocked())
    .execute()
  for (const { principal, name } of rows) {
    await db.deleteFrom('kept_answers').where('principal', '=', principal).where('name', '=', name).execute()
  }
  return rows.length
}

function fromRow(row: Selectable<KeptAnswersTable>): StoredAnswer {
  return {
    principal: row.principal,
    name: row.name,
    fingerprint: row.fingerprint,
    writer: row.writer,
    writerUntil: row.writer_until,
    expiresAt: row.expires_at,
    answer: row.answer,
  }
}
