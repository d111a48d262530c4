import type { Grant } from '../keys/grant.ts'
import type { McpServer } from '../turn/own-tools.ts'

/** The MCP servers that the operator has set up. */
export interface McpServers {
  /** @throws ApiError `mcp_server_not_allowed` for a name that the caller may not use, or that there is not */
  select(names: readonly string[], grant: Grant): Promise<readonly McpServer[]>
}
