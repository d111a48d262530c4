import { PostgresAdapter } from 'kysely'
import type { Database } from './store.ts'

/** Whether rows have to be locked: SQLite locks the whole file as a transaction begins. */
export function locksRows(db: Database): boolean {
  return db.getExecutor().adapter instanceof PostgresAdapter
}
