import { ApiError } from '../errors.ts'
import { quote } from '../wire/quote.ts'
import type { McpServer } from '../turn/own-tools.ts'
import type { McpServers } from './mcp-servers.ts'

export function createMcpServers(configured: readonly McpServer[]): McpServers {
  return {
    select: (names) =>
      Promise.resolve(
        names.map((name) => {
          const server = configured.find((each) => each.name === name)
          if (server !== undefined) return server
          throw new ApiError('mcp_server_not_allowed', {
            message: `There is no MCP server ${quote(name)} for this API key.`,
          })
        }),
      ),
  }
}
