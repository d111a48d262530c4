import { createMcpServers } from '../mcp/create-mcp-servers.ts'
import { createProbe } from '../mcp/probe.ts'
import { createWorkspaceSweep } from '../workspaces/create-workspace-sweep.ts'
import type { Keys } from './keys-from-config.ts'
import type { Services } from '../endpoints/services.ts'
import type { Config, CurrentConfig } from '../config.ts'
import type { Logger } from '../log.ts'
import type { Store } from '../store/store.ts'
import { createToolCounts } from '../tools/create-tool-counts.ts'
import { createToolPolicy } from '../tools/create-tool-policy.ts'
import { createWorkspaces } from '../workspaces/create-workspaces.ts'

export interface ToolParts {
  readonly config: Config
  readonly currentConfig: CurrentConfig
  readonly store: Store
  readonly log: Logger
}

/** What the settings say of Claude Code's own tools. */
export function toolsFromConfig({
  config,
  currentConfig,
  store,
  log,
}: ToolParts): Pick<Services, 'tools' | 'workspaces'> {
  return {
    tools: { policy: createToolPolicy({ store, currentConfig }), counts: createToolCounts({ store, log }) },
    workspaces: createWorkspaces({ config, log }),
  }
}

export interface OwnToolsOpened {
  readonly services: Pick<Services, 'tools' | 'workspaces' | 'mcp'>
  /** What the database has not taken by then of the counts is lost. */
  close(patienceMs: number): Promise<void>
}

/** With the servers and the sweep that run beside requests. */
export function openOwnTools({ pepper, ...parts }: ToolParts & Pick<Keys, 'pepper'>): OwnToolsOpened {
  const probe = createProbe({ environment: parts.config.environment })
  const mcp = createMcpServers({ ...parts, pepper, probe })
  const services = toolsFromConfig(parts)
  const sweep = createWorkspaceSweep(parts)
  return {
    services: { ...services, mcp },
    close: async (patienceMs) => {
      await Promise.all([sweep.close(), mcp.close(), services.tools.counts.close(patienceMs)])
    },
  }
}
