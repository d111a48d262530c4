import { type Kysely, Migrator } from 'kysely'
import { MIGRATIONS } from './migrations/migrations.ts'

/**
 * Brings the schema up to date. Instances that start at the same time wait for one another: on PostgreSQL by kysely's
 * advisory lock, on SQLite by the write lock of its transaction.
 */
export async function migrate<T>(db: Kysely<T>): Promise<void> {
  const migrator = new Migrator({ db, provider: { getMigrations: () => Promise.resolve({ ...MIGRATIONS }) } })
  const { error } = await migrator.migrateToLatest()
  if (error === undefined) return
  throw error instanceof Error ? error : new Error('the schema cannot be brought up to date', { cause: error })
}
