/** What is known of servers: each is asked once for all who want to know within a minute, and a few at a time. */
import type { McpServer } from '../turn/own-tools.ts'
import type { ServerState } from './mcp-servers.ts'
import type { Probe } from './probe.ts'

export interface Probes {
  /** Never rejects. */
  stateOf(server: McpServer): Promise<ServerState>
  /** Asks whatever is known. Never rejects. */
  ask(server: McpServer): Promise<ServerState>
  /** Resolves when nothing runs any more. */
  close(): Promise<void>
}

export interface ProbesOptions {
  readonly probe: Probe
  readonly keptMs?: number
  readonly atOnce?: number
}

interface Asked {
  readonly state: Promise<ServerState>
  readonly since: number
}

export function createProbes({ probe, keptMs = 60_000, atOnce = 4 }: ProbesOptions): Probes {
  /** By how a server is reached: one that was replaced is another one. */
  const asked = new Map<string, Asked>()
  const running = new Set<Promise<ServerState>>()
  const closing = new AbortController()
  const places = createPlaces(atOnce)

  const run = async (server: McpServer): Promise<ServerState> => {
    const free = await places.take()
    try {
      if (closing.signal.aborted) return { status: 'unknown' }
      const finding = await probe(server, closing.signal)
      const at = Date.now()
      return 'reason' in finding
        ? { status: 'failed', reason: finding.reason, at }
        : { status: 'connected', tools: finding.tools, at }
    } catch {
      return { status: 'unknown' }
    } finally {
      free()
    }
  }
  const ask = (server: McpServer): Promise<ServerState> => {
    const now = performance.now()
    for (const [key, { since }] of asked) if (now - since >= keptMs) asked.delete(key)
    const state = run(server)
    asked.set(JSON.stringify(server.transport), { state, since: now })
    running.add(state)
    void state.finally(() => running.delete(state))
    return state
  }
  return {
    ask,
    stateOf(server) {
      const known = asked.get(JSON.stringify(server.transport))
      return known !== undefined && performance.now() - known.since < keptMs ? known.state : ask(server)
    },
    async close() {
      closing.abort()
      await Promise.all(running)
    },
  }
}

interface Places {
  /** Resolves with what gives the place back. */
  take(): Promise<() => void>
}

function createPlaces(most: number): Places {
  const waiting: (() => void)[] = []
  let free = most
  const giveBack = (): void => {
    const next = waiting.shift()
    if (next === undefined) free += 1
    else next()
  }
  return {
    async take() {
      if (free > 0) free -= 1
      else await new Promise<void>((resolve) => waiting.push(resolve))
      return giveBack
    },
  }
}
