/** The policy for Claude Code's own tools and the counts of their uses, for tests. */
import { pino } from 'pino'
import { toolsFromConfig } from '../../src/commands/tools-from-config.ts'
import { type Config, parseConfig, type SettingName } from '../../src/config.ts'
import type { Services } from '../../src/endpoints/services.ts'
import type { Store } from '../../src/store/store.ts'
import { StoreUnavailable } from '../../src/store/store-unavailable.ts'
import { createToolCounts } from '../../src/tools/create-tool-counts.ts'
import { configuredPolicy, createToolPolicy } from '../../src/tools/create-tool-policy.ts'

/** On a database. */
export function createToolsOn(
  store: Store,
  settings: Partial<Record<SettingName, string>> = {},
  more: { readonly awayMs?: number; readonly flushMs?: number } = {},
): Services['tools'] {
  return {
    policy: createToolPolicy({ store, currentConfig: () => parseConfig({}, settings), ...more }),
    counts: createToolCounts({ store, log: pino({ level: 'silent' }), ...more }),
  }
}

const AWAY: Store = {
  kind: 'sqlite',
  run: () => Promise.reject(new StoreUnavailable('there is none')),
  status: () => ({ state: 'away', wasReady: false }),
  close: () => Promise.resolve(),
}

/** What the settings say, for tests that need no database. */
export function createTestTools(config: Config): Pick<Services, 'tools' | 'workspaces'> {
  const configured = configuredPolicy(config)
  const tools: Services['tools'] = {
    policy: {
      configured,
      current: () => Promise.resolve(configured),
      changedAt: () => Promise.resolve(undefined),
      change: () => Promise.reject(new Error('this policy is not changed')),
    },
    counts: {
      note: () => undefined,
      report: () => Promise.resolve({ start: '2030-01-01', end: '2030-01-30', tools: [] }),
      close: () => Promise.resolve(),
    },
  }
  return {
    ...toolsFromConfig({ config, currentConfig: () => config, store: AWAY, log: pino({ level: 'silent' }) }),
    tools,
  }
}
