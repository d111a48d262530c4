import type { Services } from '../endpoints/services.ts'
import type { Config } from '../config.ts'
import { createMcpServers } from '../mcp/create-mcp-servers.ts'
import { createWorkspaces } from '../workspaces/create-workspaces.ts'

/** What the settings say of Claude Code's own tools. */
export function toolsFromConfig(config: Config): Pick<Services, 'tools' | 'workspaces' | 'mcp'> {
  const policy = {
    allowed: config.TOOLS_ALLOWED,
    maxTurns: config.TOOLS_MAX_TURNS,
    mayBypass: config.DANGEROUSLY_ALLOW_BYPASS_PERMISSIONS,
  }
  return {
    tools: { policy: { current: () => Promise.resolve(policy) }, counts: { note: () => undefined } },
    workspaces: createWorkspaces({
      dataFolder: config.DATA_DIR,
      folders: config.WORKSPACES,
      common: config.CLAUDE_CWD,
    }),
    mcp: createMcpServers([]),
  }
}
