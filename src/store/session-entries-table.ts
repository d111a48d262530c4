/** What Claude Code has written down of sessions, in its own form, which is text to this file. */
import type { Database } from './store.ts'

export interface SessionEntriesTable {
  readonly session_id: string
  /** From 0, without a gap. */
  readonly position: number
  /** No two entries of a session have the same. Some have none. */
  readonly uuid: string | null
  /** In JSON. */
  readonly entry: string
}

/** Those from a position on, in their order. */
export async function readEntries(
  db: Database,
  sessionId: string,
  { from, most }: { readonly from: number; readonly most: number },
): Promise<readonly string[]> {
  const rows = await db
    .selectFrom('session_entries')
    .select('entry')
    .where('session_id', '=', sessionId)
    .where('position', '>=', from)
    .orderBy('position')
    .limit(most)
    .execute()
  return rows.map(({ entry }) => entry)
}

/** Of each entry that is there. */
export async function readEntryIds(db: Database, sessionId: string): Promise<readonly (string | null)[]> {
  const rows = await db.selectFrom('session_entries').select('uuid').where('session_id', '=', sessionId).execute()
  return rows.map(({ uuid }) => uuid)
}

export async function insertEntries(db: Database, entries: readonly SessionEntriesTable[]): Promise<void> {
  await db.insertInto('session_entries').values(entries).execute()
}

export async function deleteEntries(db: Database, sessionIds: readonly string[]): Promise<void> {
  await db.deleteFrom('session_entries').where('session_id', 'in', sessionIds).execute()
}
