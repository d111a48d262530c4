import type { Services } from '../endpoints/services.ts'
import type { Config } from '../config.ts'
import type { Logger } from '../log.ts'
import type { Store } from '../store/store.ts'
import { createToolCounts } from '../tools/create-tool-counts.ts'
import { createToolPolicy } from '../tools/create-tool-policy.ts'
import { createWorkspaces } from '../workspaces/create-workspaces.ts'

export interface ToolParts {
  readonly config: Config
  readonly store: Store
  readonly log: Logger
}

/** What the settings say of Claude Code's own tools. */
export function toolsFromConfig({ config, store, log }: ToolParts): Pick<Services, 'tools' | 'workspaces'> {
  return {
    tools: { policy: createToolPolicy({ store, config }), counts: createToolCounts({ store, log }) },
    workspaces: createWorkspaces({ config, log }),
  }
}
