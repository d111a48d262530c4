/**
 * A server that runs on this machine, for as long as it is used. Other than the transport of the protocol's own package it
 * gives the server no variable of ours, and ends all that the server started, within half a second.
 */
import { ReadBuffer, serializeMessage } from '@modelcontextprotocol/sdk/shared/stdio.js'
import type { Transport } from '@modelcontextprotocol/sdk/shared/transport.js'
import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { setTimeout as delay } from 'node:timers/promises'
import { SaysTooMuch } from './says-too-much.ts'

export interface StdioCommand {
  readonly command: string
  readonly args: readonly string[]
  readonly env: Readonly<Record<string, string>>
  readonly cwd: string
  /** Of all that it says (default: no bound but that of a message). */
  readonly mostBytes?: number
}

export interface StdioTransport extends Transport {
  /** Why it ended, where that was not asked for. */
  failure(): Error | undefined
}

/** How long a server may take to end by itself. */
const GRACE_MS = 500
/** How long the last that a server said may take to arrive, where what it started keeps its output open. */
const LAST_WORDS_MS = 100
const LONGEST_MESSAGE = 8_000_000

export function createStdioTransport(options: StdioCommand): StdioTransport {
  const { command, args, env, cwd, mostBytes = Infinity } = options
  const buffer = new ReadBuffer({ maxBufferSize: LONGEST_MESSAGE })
  let child: ChildProcess | undefined
  let ending: Promise<void> | undefined
  let failure: Error | undefined
  let bytes = 0
  const take = (chunk: Buffer): void => {
    bytes += chunk.length
    try {
      if (bytes > mostBytes) throw new SaysTooMuch()
      buffer.append(chunk)
    } catch {
      failure ??= new SaysTooMuch()
      void transport.close()
      return
    }
    for (;;) {
      try {
        const message = buffer.readMessage()
        if (message === null) return
        transport.onmessage?.(message)
      } catch {
        // A line that is no message: a banner, for one.
      }
    }
  }
  const transport: StdioTransport = {
    failure: () => failure,
    async start() {
      // A group of its own, by which it ends with all that it started.
      const started = spawn(command, args, { env, cwd, stdio: ['pipe', 'pipe', 'ignore'], detached: true })
      child = started
      started.stdin.on('error', () => undefined)
      started.stdout.on('error', () => undefined)
      started.stdout.on('data', take)
      const closed = once(started, 'close')
      closed.catch(() => undefined)
      started.once('exit', () => {
        // By itself: what it started would outlive it.
        if (started.pid !== undefined) signalGroup(started.pid, 'SIGKILL')
        void Promise.race([closed, delay(LAST_WORDS_MS)]).then(() => transport.onclose?.())
      })
      await once(started, 'spawn')
      started.on('error', () => undefined)
    },
    async send(message) {
      child?.stdin?.write(serializeMessage(message))
    },
    async close() {
      if (child?.pid !== undefined) await (ending ??= end(child, child.pid))
    },
  }
  return transport
}

async function end(child: ChildProcess, pid: number): Promise<void> {
  const exited = child.exitCode === null && child.signalCode === null ? once(child, 'exit') : Promise.resolve()
  child.stdin?.end()
  signalGroup(pid, 'SIGTERM')
  const grace = new AbortController()
  const late = delay(GRACE_MS, undefined, { signal: grace.signal }).catch(() => undefined)
  await Promise.race([exited, late])
  grace.abort()
  signalGroup(pid, 'SIGKILL')
  await exited
  child.stdout?.destroy()
}

function signalGroup(pid: number, signal: NodeJS.Signals): void {
  try {
    process.kill(-pid, signal)
  } catch {
    // Nobody is left in it.
  }
}
