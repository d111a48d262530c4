/** MCP servers, as the rest of the program sees them. */
import type { Grant } from '../keys/grant.ts'
import type { McpServer } from '../turn/own-tools.ts'
import type { McpServerForm } from '../wire/mcp.ts'

export interface McpServers {
  /**
   * Those that a request names, in its order, each once. They are not asked whether they work.
   * @throws ApiError `mcp_server_not_allowed`, the same for one that is not there
   */
  select(names: readonly string[], grant: Grant): Promise<readonly McpServer[]>
  /** All that the caller may use, by name. Asks those of which nothing is known, which takes seconds at most. */
  list(grant: Grant): Promise<readonly KnownServer[]>
  /** @throws ApiError for a form that cannot be used, a name that is taken, and a program where those are not taken */
  add(name: string, form: McpServerForm): Promise<KnownServer>
  /** @throws ApiError `not_found`, or `mcp_server_configured` for one of the settings */
  remove(name: string): Promise<void>
  /** Asks it, whatever is known. @throws ApiError `not_found` */
  test(name: string): Promise<KnownServer>
  /** Ends what is being asked. */
  close(): Promise<void>
}

export interface KnownServer {
  readonly server: McpServer
  /** Whether it stands in the settings. */
  readonly isConfigured: boolean
  readonly state: ServerState
}

export type ServerState =
  | { readonly status: 'unknown' }
  | { readonly status: 'failed'; readonly reason: string; readonly at: number }
  | { readonly status: 'connected'; readonly tools: readonly ServerTool[]; readonly at: number }

export interface ServerTool {
  /** As the server calls it. */
  readonly name: string
  readonly description: string | null
}
