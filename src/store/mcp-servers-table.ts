/** MCP servers that were added while the server ran. */
import type { Change, Database } from './store.ts'

export interface McpServersTable {
  readonly name: string
  /** All the rest of it, encrypted. */
  readonly sealed: string
  /** Milliseconds since 1970. */
  readonly created_at: number
}

export interface StoredMcpServer {
  readonly name: string
  readonly sealed: string
}

/** By name; those of `names` alone, where given. */
export async function listMcpServers(db: Database, names?: readonly string[]): Promise<readonly StoredMcpServer[]> {
  if (names?.length === 0) return []
  return db
    .selectFrom('mcp_servers')
    .select(['name', 'sealed'])
    .$if(names !== undefined, (query) => query.where('name', 'in', names ?? []))
    .orderBy('name')
    .execute()
}

/** @returns whether it was added: false where the name is taken, or there are `most` already */
export async function insertMcpServer(
  db: Change,
  server: StoredMcpServer & { readonly createdAt: number },
  most: number,
): Promise<'added' | 'taken' | 'full'> {
  const { count } = await db
    .selectFrom('mcp_servers')
    .select((row) => row.fn.countAll<number | string>().as('count'))
    .executeTakeFirstOrThrow()
  const { numInsertedOrUpdatedRows } = await db
    .insertInto('mcp_servers')
    .columns(['name', 'sealed', 'created_at'])
    .values({ name: server.name, sealed: server.sealed, created_at: server.createdAt })
    .onConflict((conflict) => conflict.column('name').doNothing())
    .executeTakeFirst()
  if ((numInsertedOrUpdatedRows ?? 0n) === 0n) return 'taken'
  if (Number(count) < most) return 'added'
  await db.deleteFrom('mcp_servers').where('name', '=', server.name).execute()
  return 'full'
}

/** @returns whether it was there */
export async function deleteMcpServer(db: Database, name: string): Promise<boolean> {
  const { numDeletedRows } = await db.deleteFrom('mcp_servers').where('name', '=', name).executeTakeFirst()
  return numDeletedRows > 0n
}
