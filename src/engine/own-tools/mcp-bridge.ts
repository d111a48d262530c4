/**
 * MCP servers as a process with tools knows them: each is spoken to from here, outside the sandbox, and handed on as a
 * server inside this program. So its secrets reach no child, and one that hangs or dies costs a call and nothing else.
 */
import { Client } from '@modelcontextprotocol/sdk/client/index.js'
import type { Transport } from '@modelcontextprotocol/sdk/shared/transport.js'
import { type CallToolResult, CallToolResultSchema } from '@modelcontextprotocol/sdk/types.js'
import { boundRequests } from '../../mcp/transport/bound-requests.ts'
import { createHttpTransport } from '../../mcp/transport/http-transport.ts'
import { listTools } from '../../mcp/transport/list-tools.ts'
import { createStdioTransport } from '../../mcp/transport/stdio-transport.ts'
import type { McpServer } from '../../turn/own-tools.ts'
import type { McpServerConfig } from '@anthropic-ai/claude-agent-sdk'
import { type ServedTool, toolServer } from '../function-server.ts'
import { createPlacesInLine } from '../places-in-line.ts'
import { shortenResult } from './mcp-result.ts'

export interface Bridge {
  /** By the names of the servers, for the process. */
  readonly servers: Readonly<Record<string, McpServerConfig>>
  /** The names of their tools, as the model knows them. */
  readonly tools: ReadonlySet<string>
  /** Names of servers that could not be reached. */
  readonly missing: readonly string[]
  close(): Promise<void>
}

export interface BridgeOptions {
  /** Milliseconds to reach a server. */
  readonly connectMs: number
  /** Milliseconds for a call. */
  readonly callMs: number
  /** A folder that programs of servers may use. */
  readonly folder: string
  /** Where programs of servers are looked for. */
  readonly path: string
  /** What a server may say in all. */
  readonly mostBytes?: number
  readonly onError: (server: string, error: unknown) => void
}

/** Never rejects: a server that cannot be reached is missing. */
export async function bridgeServers(servers: readonly McpServer[], options: BridgeOptions): Promise<Bridge> {
  const reached = await Promise.all(
    servers.map((server) =>
      reach(server, options).catch((error: unknown) => {
        options.onError(server.name, error)
        return undefined
      }),
    ),
  )
  const open = reached.flatMap((each) => each ?? [])
  return {
    servers: Object.fromEntries(open.map(({ name, config }) => [name, config])),
    tools: new Set(open.flatMap(({ tools }) => tools)),
    missing: servers.filter((_, index) => reached[index] === undefined).map(({ name }) => name),
    close: async () => {
      await Promise.all(open.map((each) => each.close()))
    },
  }
}

interface Reached {
  readonly name: string
  readonly config: McpServerConfig
  readonly tools: readonly string[]
  close(): Promise<void>
}

async function reach({ name, isWanted = () => true, transport }: McpServer, options: BridgeOptions): Promise<Reached> {
  const client = new Client({ name: 'dragoman', version: '1' })
  const close = (): Promise<void> => client.close().catch(() => undefined)
  const deadline = new AbortController()
  const late = setTimeout(() => deadline.abort(new Error('it took too long to tell its tools')), options.connectMs)
  try {
    const opened = openTransport(transport, options)
    boundRequests(opened)
    await client.connect(opened, { signal: deadline.signal })
    const offered = (await listTools(client, deadline.signal)).filter((tool) => isWanted(tool.name))
    const prefix = `mcp__${name}__`
    const served = offered.map((tool): ServedTool => ({
      name: prefix + tool.name,
      inputSchema: tool.inputSchema,
      ...(tool.description === undefined ? {} : { description: tool.description }),
    }))
    const places = createPlacesInLine(MOST_AT_ONCE)
    const call = async (tool: string, input: Record<string, unknown>, signal: AbortSignal): Promise<CallToolResult> => {
      const params = { name: tool.slice(prefix.length), arguments: input }
      const limits = { timeout: options.callMs, maxTotalTimeout: options.callMs, signal }
      try {
        // Not `callTool`, which would hold the answer to a schema of the server's.
        const ask = () => client.request({ method: 'tools/call', params }, CallToolResultSchema, limits)
        return shortenResult(await places.hold(ask))
      } catch (error) {
        options.onError(name, error)
        return { isError: true, content: [{ type: 'text', text: `The server ${name} did not answer.` }] }
      }
    }
    return { name, config: toolServer(name, served, call), tools: served.map((tool) => tool.name), close }
  } catch (error) {
    await close()
    throw error
  } finally {
    clearTimeout(late)
  }
}

/** Claude Code runs as many tools at a time; commands could ask for more in its place. */
const MOST_AT_ONCE = 10
/** In a turn. */
const MOST_BYTES = 256_000_000

/** A program of the operator's gets what it was set up with, and nothing of ours. */
function openTransport(transport: McpServer['transport'], options: BridgeOptions): Transport {
  const { folder, path, mostBytes = MOST_BYTES } = options
  if (transport.type === 'http') return createHttpTransport({ ...transport, mostBytes })
  const env = { PATH: path, HOME: folder, ...transport.env }
  return createStdioTransport({ ...transport, env, cwd: folder, mostBytes })
}
