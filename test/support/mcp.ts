/** MCP servers for tests. */
import { pino } from 'pino'
import type { Config } from '../../src/config.ts'
import type { Pepper } from '../../src/keys/pepper.ts'
import { createMcpServers } from '../../src/mcp/create-mcp-servers.ts'
import type { KnownServer, McpServers } from '../../src/mcp/mcp-servers.ts'
import type { Probe } from '../../src/mcp/probe.ts'
import type { Store } from '../../src/store/store.ts'

export interface TestMcpOptions {
  readonly config: Config
  readonly probe?: Probe
  readonly listMs?: number
}

export function createMcpServersOn(
  store: Pick<Store, 'run'>,
  pepper: Pepper,
  { probe, ...more }: TestMcpOptions,
): McpServers {
  const works: Probe = () => Promise.resolve({ tools: [] })
  return createMcpServers({ store, pepper, log: pino({ level: 'silent' }), probe: probe ?? works, ...more })
}

/** The MCP servers of the settings, where none were added. */
export function createConfiguredMcp(config: Config): McpServers {
  const run = (): Promise<never> => Promise.resolve([] as never)
  const none = Promise.resolve(undefined)
  const pepper: Pepper = { read: () => none, readOrMake: () => Promise.reject(new Error('no pepper here')) }
  return createMcpServersOn({ run }, pepper, { config })
}

const known = (name: string): KnownServer => ({
  server: { name, transport: { type: 'http', url: 'http://127.0.0.1:1', headers: {} } },
  isConfigured: false,
  state: { status: 'unknown' },
})

/** Where there is one of every name, which nobody can use. */
export const ANY_MCP: McpServers = {
  select: (names) =>
    names.length === 0 ? Promise.resolve([]) : Promise.reject(new Error('these servers cannot be used')),
  list: () => Promise.resolve([]),
  add: (name) => Promise.resolve(known(name)),
  remove: () => Promise.resolve(),
  test: (name) => Promise.resolve(known(name)),
  close: () => Promise.resolve(),
}
