/** Connects to a server, asks for its tools, and leaves nothing of it behind. */
import { Client } from '@modelcontextprotocol/sdk/client/index.js'
import { StreamableHTTPError } from '@modelcontextprotocol/sdk/client/streamableHttp.js'
import type { Transport } from '@modelcontextprotocol/sdk/shared/transport.js'
import { ErrorCode, McpError } from '@modelcontextprotocol/sdk/types.js'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Environment } from '../config.ts'
import type { McpServer } from '../turn/own-tools.ts'
import { boundRequests } from './transport/bound-requests.ts'
import { createHttpTransport } from './transport/http-transport.ts'
import type { ServerTool } from './mcp-servers.ts'
import { listTools } from './transport/list-tools.ts'
import { SaysTooMuch } from './transport/says-too-much.ts'
import { createStdioTransport } from './transport/stdio-transport.ts'

export type Finding = { readonly tools: readonly ServerTool[] } | { readonly reason: string }

/** All tools of a server, also those that are not wanted. Never rejects. */
export type Probe = (server: McpServer, signal: AbortSignal) => Promise<Finding>

export interface ProbeOptions {
  /** The operator's; a server gets `PATH` and `LANG` of it. */
  readonly environment: Environment
  readonly deadlineMs?: number
}

const DEADLINE_MS = 10_000
const MOST_BYTES = 4_000_000
const LONGEST_DESCRIPTION = 500
const CONNECTION_CLOSED: number = ErrorCode.ConnectionClosed
/** How long a server on another machine may take to forget us. */
const FAREWELL_MS = 1000

export function createProbe({ environment, deadlineMs = DEADLINE_MS }: ProbeOptions): Probe {
  return async (server, signal) => {
    const folder = await mkdtemp(join(tmpdir(), 'dragoman-mcp-'))
    const connection = connect(server, environment, folder)
    const deadline = createDeadline(signal, deadlineMs)
    try {
      return { tools: await Promise.race([deadline.passed, askForTools(connection.transport, deadline.signal)]) }
    } catch (error) {
      return { reason: reasonOf(connection.failure() ?? error) }
    } finally {
      deadline.clear()
      await connection.leave()
      await rm(folder, { recursive: true, force: true }).catch(() => undefined)
    }
  }
}

interface Connection {
  readonly transport: Transport
  /** What went wrong beneath the protocol. */
  failure(): Error | undefined
  leave(): Promise<void>
}

function connect({ transport: given }: McpServer, environment: Environment, folder: string): Connection {
  switch (given.type) {
    case 'stdio': {
      const { PATH, LANG } = environment
      const own = { ...(PATH !== undefined && { PATH }), ...(LANG !== undefined && { LANG }), HOME: folder }
      const env = { ...own, ...given.env }
      const transport = createStdioTransport({ ...given, env, cwd: folder, mostBytes: MOST_BYTES })
      return { transport, failure: transport.failure, leave: transport.close }
    }
    case 'http': {
      const transport = createHttpTransport({ ...given, mostBytes: MOST_BYTES })
      return {
        transport,
        failure: () => undefined,
        leave: async () => {
          const farewell = createDeadline(new AbortController().signal, FAREWELL_MS)
          await Promise.race([transport.terminateSession(), farewell.passed]).catch(() => undefined)
          farewell.clear()
          await transport.close()
        },
      }
    }
  }
}

async function askForTools(transport: Transport, signal: AbortSignal): Promise<readonly ServerTool[]> {
  const client = new Client({ name: 'dragoman', version: '1' })
  boundRequests(transport)
  await client.connect(transport, { signal })
  if (client.getServerCapabilities()?.tools === undefined) return []
  const tools = await listTools(client, signal)
  return tools.map(({ name, description }) => ({
    name,
    description: description?.slice(0, LONGEST_DESCRIPTION) ?? null,
  }))
}

class TooLate extends Error {
  override readonly name = 'TooLate'
}

interface Deadline {
  readonly signal: AbortSignal
  /** Rejects when the time is over, or `outer` aborts. */
  readonly passed: Promise<never>
  clear(): void
}

function createDeadline(outer: AbortSignal, ms: number): Deadline {
  const controller = new AbortController()
  const stop = (): void => controller.abort(new TooLate())
  const timer = setTimeout(stop, ms)
  outer.addEventListener('abort', stop)
  if (outer.aborted) stop()
  const passed = new Promise<never>((_, reject) => {
    const fail = (): void => reject(new TooLate())
    if (controller.signal.aborted) fail()
    else controller.signal.addEventListener('abort', fail, { once: true })
  })
  passed.catch(() => undefined)
  return {
    signal: controller.signal,
    passed,
    clear: () => {
      clearTimeout(timer)
      outer.removeEventListener('abort', stop)
    },
  }
}

/** In our words: what the server or the system says may hold paths and secrets. */
function reasonOf(error: unknown): string {
  if (error instanceof TooLate) return 'It did not answer in time.'
  if (error instanceof SaysTooMuch || hasCause(error, SaysTooMuch)) return 'It says more than is read.'
  if (error instanceof StreamableHTTPError) return reasonOfStatus(error.code)
  if (error instanceof McpError) {
    const isClosed = error.code === CONNECTION_CLOSED
    return isClosed ? 'It ended before it answered.' : 'It answered with an error.'
  }
  const code = error instanceof Error && 'code' in error ? error.code : undefined
  if (code === 'ENOENT') return 'Its program was not found.'
  if (code === 'EACCES') return 'Its program may not be run.'
  if (error instanceof TypeError) return 'It cannot be reached.'
  return 'It does not answer as an MCP server does.'
}

function reasonOfStatus(status: number | undefined): string {
  if (status === 401 || status === 403) return 'It does not accept the login.'
  return status === undefined || status < 300
    ? 'It does not answer as an MCP server does.'
    : `It answered with HTTP ${status}.`
}

function hasCause(error: unknown, kind: typeof SaysTooMuch): boolean {
  return error instanceof Error && error.cause instanceof kind
}
