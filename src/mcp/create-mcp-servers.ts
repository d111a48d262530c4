/** MCP servers of the settings, and those that were added, which every instance on the database sees at once. */
import type { Config } from '../config.ts'
import { ApiError } from '../errors.ts'
import type { Grant } from '../keys/grant.ts'
import type { Pepper } from '../keys/pepper.ts'
import type { Logger } from '../log.ts'
import { deleteMcpServer, insertMcpServer, listMcpServers, type StoredMcpServer } from '../store/mcp-servers-table.ts'
import type { Store } from '../store/store.ts'
import type { McpServer } from '../turn/own-tools.ts'
import { type McpServerForm, mcpServerFormSchema } from '../wire/mcp.ts'
import { quote } from '../wire/quote.ts'
import { readConfiguredServers } from './configured-servers.ts'
import type { KnownServer, McpServers, ServerState } from './mcp-servers.ts'
import type { Probe } from './probe.ts'
import { createProbes } from './probes.ts'
import { readServer, ServerFormError } from './read-server.ts'
import { seal, unseal } from './seal.ts'

export interface McpServersOptions {
  readonly store: Pick<Store, 'run'>
  readonly pepper: Pepper
  readonly config: Pick<Config, 'MCP_SERVERS' | 'MCP_CONFIG' | 'MCP_STDIO_OVER_HTTP' | 'environment'>
  readonly log: Pick<Logger, 'warn'>
  readonly probe: Probe
  /** How long a list waits for servers that are asked. */
  readonly listMs?: number
}

/** Of those that can be added. */
const MOST = 100
const LIST_MS = 10_000
const UNKNOWN: ServerState = { status: 'unknown' }

/** @throws ConfigError for servers of the settings that cannot be used */
export function createMcpServers(options: McpServersOptions): McpServers {
  const { store, pepper, config, probe, listMs = LIST_MS } = options
  const configured = readConfiguredServers(config)
  const probes = createProbes({ probe })
  const open = createOpener(options)

  const added = async (names?: readonly string[]): Promise<ReadonlyMap<string, McpServer>> => {
    const rows = await store.run((db) => listMcpServers(db, names))
    const servers = await Promise.all(rows.map(open))
    return new Map(servers.flatMap((server) => (server === undefined ? [] : [[server.name, server]])))
  }
  const find = async (names: readonly string[]): Promise<ReadonlyMap<string, McpServer>> => {
    const others = names.filter((name) => !configured.has(name))
    return new Map([...(others.length === 0 ? [] : await added(others)), ...configured])
  }
  const known = (server: McpServer, state: ServerState): KnownServer => {
    return { server, isConfigured: configured.has(server.name), state: wantedOf(state, server) }
  }
  return {
    async select(names, grant) {
      const wanted = [...new Set(names)]
      const servers = await find(wanted.filter((name) => mayUse(grant, name)))
      return wanted.map((name) => {
        const server = mayUse(grant, name) ? servers.get(name) : undefined
        if (server !== undefined) return server
        const message = `There is no MCP server ${quote(name)} that this API key may use.`
        throw new ApiError('mcp_server_not_allowed', { message })
      })
    },
    async list(grant) {
      const all = new Map([...(await added()), ...configured])
      const servers = [...all.values()].filter(({ name }) => mayUse(grant, name))
      const waiting = createWait(listMs)
      const states = await Promise.all(
        servers.map((server) => Promise.race([probes.stateOf(server), waiting.over.then(() => UNKNOWN)])),
      )
      waiting.clear()
      return servers
        .map((server, index) => known(server, states[index] ?? UNKNOWN))
        .toSorted((one, other) => (one.server.name < other.server.name ? -1 : 1))
    },
    async add(name, form) {
      const server = readForm(name, form)
      if (server.transport.type === 'stdio' && !config.MCP_STDIO_OVER_HTTP) throw new ApiError('mcp_stdio_not_allowed')
      if (configured.has(name)) throw new ApiError('mcp_server_exists')
      const { name: _, ...rest } = { ...form, name }
      const sealed = seal(JSON.stringify(rest), await pepper.readOrMake(), name)
      const outcome = await store.run((db) =>
        db.transaction().execute((change) => insertMcpServer(change, { name, sealed, createdAt: Date.now() }, MOST)),
      )
      if (outcome === 'taken') throw new ApiError('mcp_server_exists')
      if (outcome === 'full') {
        throw new ApiError('invalid_value', { message: `There are ${MOST} added MCP servers, and no more are kept.` })
      }
      return known(server, UNKNOWN)
    },
    async remove(name) {
      if (await store.run((db) => deleteMcpServer(db, name))) return
      throw new ApiError(configured.has(name) ? 'mcp_server_configured' : 'not_found')
    },
    async test(name) {
      const server = (await find([name])).get(name)
      if (server === undefined) throw new ApiError('not_found')
      return known(server, await probes.ask(server))
    },
    close: () => probes.close(),
  }
}

const mayUse = ({ mcpServers }: Grant, name: string): boolean => mcpServers === undefined || mcpServers.includes(name)

function wantedOf(state: ServerState, { isWanted = () => true }: McpServer): ServerState {
  return state.status === 'connected' ? { ...state, tools: state.tools.filter(({ name }) => isWanted(name)) } : state
}

function readForm(name: string, form: McpServerForm): McpServer {
  try {
    // Whoever writes it expects a variable, and an admin key is not to read the operator's.
    const odd = Object.entries(form).find(([, value]) => JSON.stringify(value).includes('${'))
    if (odd !== undefined) throw new ServerFormError(odd[0], 'holds "${": variables are put into the settings alone')
    return readServer(name, form)
  } catch (error) {
    if (!(error instanceof ServerFormError)) throw error
    throw new ApiError('invalid_value', { message: `Invalid '${error.param}': ${error.message}.`, param: error.param })
  }
}

/** Opens what is stored of a server. One that was stored with another pepper is as if it were not there, and told once. */
function createOpener({ pepper, log }: McpServersOptions): (row: StoredMcpServer) => Promise<McpServer | undefined> {
  const told = new Set<string>()
  return async ({ name, sealed }) => {
    const secret = await pepper.read()
    const text = secret === undefined ? undefined : unseal(sealed, secret, name)
    if (text !== undefined) return readServer(name, mcpServerFormSchema.parse(JSON.parse(text)))
    if (!told.has(sealed)) log.warn({ server: name }, 'an MCP server was stored with another pepper: see KEY_PEPPER')
    told.add(sealed)
    return undefined
  }
}

function createWait(ms: number): { readonly over: Promise<void>; clear(): void } {
  let timer: NodeJS.Timeout | undefined
  const over = new Promise<void>((resolve) => {
    timer = setTimeout(resolve, ms)
  })
  return { over, clear: () => clearTimeout(timer) }
}
