/**
 * MCP servers as a process with tools knows them: each is spoken to from here, outside the sandbox, and handed on as a
 * server inside this program. So its secrets reach no child, and one that hangs or dies costs a call and nothing else.
 */
import { Client } from '@modelcontextprotocol/sdk/client/index.js'
import { StreamableHTTPClientTransport } from '@modelcontextprotocol/sdk/client/streamableHttp.js'
import type { Transport } from '@modelcontextprotocol/sdk/shared/transport.js'
import { type CallToolResult, CallToolResultSchema } from '@modelcontextprotocol/sdk/types.js'
import { createStdioTransport } from '../../mcp/transport/stdio-transport.ts'
import type { McpServer } from '../../turn/own-tools.ts'
import type { McpServerConfig } from '@anthropic-ai/claude-agent-sdk'
import { type ServedTool, toolServer } from '../function-server.ts'

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
  const within = { timeout: options.connectMs }
  try {
    await client.connect(openTransport(transport, options), within)
    const listed = await client.listTools(undefined, within)
    const offered = listed.tools.filter((tool) => isWanted(tool.name))
    const prefix = `mcp__${name}__`
    const served = offered.map((tool): ServedTool => ({
      name: prefix + tool.name,
      inputSchema: tool.inputSchema,
      ...(tool.description === undefined ? {} : { description: tool.description }),
    }))
    const call = async (tool: string, input: Record<string, unknown>, signal: AbortSignal): Promise<CallToolResult> => {
      const asked = { name: tool.slice(prefix.length), arguments: input }
      const limits = { timeout: options.callMs, maxTotalTimeout: options.callMs, signal }
      try {
        return shorten(CallToolResultSchema.parse(await client.callTool(asked, CallToolResultSchema, limits)))
      } catch (error) {
        options.onError(name, error)
        return { isError: true, content: [{ type: 'text', text: `The server ${name} did not answer.` }] }
      }
    }
    return { name, config: toolServer(name, served, call), tools: served.map((tool) => tool.name), close }
  } catch (error) {
    await close()
    throw error
  }
}

/** In characters. Of more than 50,000 Claude Code (2.1.330) tells the model the name of a file, which it cannot read. */
const MOST_TEXT = 45_000

function shorten(result: CallToolResult): CallToolResult {
  const content: CallToolResult['content'] = []
  let left = MOST_TEXT
  let cut = 0
  for (const block of result.content) {
    if (block.type !== 'text') {
      content.push(block)
      continue
    }
    const text = block.text.slice(0, left)
    left -= text.length
    cut += block.text.length - text.length
    if (text !== '' || block.text === '') content.push({ ...block, text })
  }
  if (cut > 0) content.push({ type: 'text', text: `[${cut} more characters]` })
  return { ...result, content }
}

/** A program of the operator's gets what it was set up with, and nothing of ours. */
function openTransport(transport: McpServer['transport'], { folder, path }: BridgeOptions): Transport {
  if (transport.type === 'http') {
    const http = new StreamableHTTPClientTransport(new URL(transport.url), {
      requestInit: { headers: { ...transport.headers } },
    })
    return http
  }
  const { command, args, env } = transport
  return createStdioTransport({ command, args, env: { PATH: path, HOME: folder, ...env }, cwd: folder })
}
