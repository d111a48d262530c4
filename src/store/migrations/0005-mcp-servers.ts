import type { Migration } from 'kysely'

/** MCP servers that were added while the server ran, and those that a key may use. */
export const createMcpServers: Migration = {
  async up(db) {
    await db.schema
      .createTable('mcp_servers')
      .addColumn('name', 'text', (column) => column.primaryKey())
      .addColumn('sealed', 'text', (column) => column.notNull())
      .addColumn('created_at', 'bigint', (column) => column.notNull())
      .execute()
    await db.schema.alterTable('keys').addColumn('allowed_mcp_servers', 'text').execute()
  },
}
