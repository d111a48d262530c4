/** What admin keys have set of the policy for Claude Code's own tools: one row, whose content is text to this file. */
import { locksRows } from './lock-rows.ts'
import type { Change, Database } from './store.ts'

export interface ToolPolicyTable {
  readonly id: string
  /** In JSON. */
  readonly content: string
  readonly changed_at: number
}

export interface StoredPolicy {
  readonly content: string
  /** In milliseconds since 1970. */
  readonly changedAt: number
}

const ID = 'policy'

/** Undefined where nothing was set. */
export async function findToolPolicy(
  db: Database,
  { isLocked = false }: { readonly isLocked?: boolean } = {},
): Promise<StoredPolicy | undefined> {
  const row = await db
    .selectFrom('tool_policy')
    .select(['content', 'changed_at'])
    .where('id', '=', ID)
    .$if(isLocked, (query) => query.forUpdate())
    .executeTakeFirst()
  return row === undefined ? undefined : { content: row.content, changedAt: row.changed_at }
}

/** Makes another content of the one that is there, which others cannot change meanwhile; of `{}` where there is none. */
export async function changeToolPolicy(
  db: Change,
  at: number,
  change: (content: string) => string,
): Promise<StoredPolicy> {
  await db
    .insertInto('tool_policy')
    .values({ id: ID, content: '{}', changed_at: at })
    .onConflict((conflict) => conflict.column('id').doNothing())
    .execute()
  const before = await findToolPolicy(db, { isLocked: locksRows(db) })
  const content = change(before?.content ?? '{}')
  await db.updateTable('tool_policy').set({ content, changed_at: at }).where('id', '=', ID).execute()
  return { content, changedAt: at }
}

export async function forgetToolPolicy(db: Change): Promise<void> {
  await db.deleteFrom('tool_policy').where('id', '=', ID).execute()
}
