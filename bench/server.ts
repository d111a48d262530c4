/** Dragoman as its users start it: a process of its own, here with a scripted model behind it. */
import { type ChildProcessByStdio, spawn } from 'node:child_process'
import { once } from 'node:events'
import type { Readable } from 'node:stream'
import { setTimeout as delay } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'

export interface BenchServer {
  readonly url: string
  readonly pid: number
  stop(): Promise<void>
}

export interface ServerOptions {
  readonly modelUrl: string
  readonly dataFolder: string
  readonly env?: Record<string, string>
  /** Default: any free one. */
  readonly port?: number
}

type ServerProcess = ChildProcessByStdio<null, null, Readable>

const LONGEST_PROOF_MS = 90_000

/** Starts it without waiting for anything. */
export function spawnServer(options: ServerOptions): Pick<BenchServer, 'stop'> & { readonly child: ServerProcess } {
  const main = fileURLToPath(new URL('../dist/main.js', import.meta.url))
  const child = spawn(process.execPath, [main, 'serve', String(options.port ?? 0)], {
    stdio: ['ignore', 'ignore', 'pipe'],
    env: {
      PATH: process.env['PATH'],
      HOME: options.dataFolder,
      DATA_DIR: options.dataFolder,
      ANTHROPIC_BASE_URL: options.modelUrl,
      ANTHROPIC_API_KEY: 'bench',
      LOG_LEVEL: 'warn',
      ...options.env,
    },
  })
  return {
    child,
    stop: async () => {
      if (child.exitCode !== null || child.signalCode !== null) return
      child.kill('SIGTERM')
      await once(child, 'exit')
    },
  }
}

/** Starts it and waits until Claude Code is ready and its processes may be used again. */
export async function startServer(options: ServerOptions): Promise<BenchServer> {
  const { child, stop } = spawnServer(options)
  if (child.pid === undefined) throw new Error('Dragoman could not be started')
  const url = await listening(child)
  try {
    await proven(url, options.env?.['API_KEY'] ?? 'any')
  } catch (error) {
    await stop()
    throw error
  }
  return { url, pid: child.pid, stop }
}

/** The address in its banner. */
function listening(child: ServerProcess): Promise<string> {
  return new Promise<string>((resolve, reject) => {
    let text = ''
    child.stderr.setEncoding('utf8').on('data', (chunk: string) => {
      text += chunk
      const found = /listens on (http:\S+)/.exec(text)?.[1]
      if (found !== undefined) resolve(found)
    })
    child.once('exit', () => reject(new Error(`Dragoman did not start: ${text}`)))
  })
}

/** @param key what details of its health are for */
async function proven(url: string, key: string): Promise<void> {
  const headers = { authorization: `Bearer ${key}` }
  const end = performance.now() + LONGEST_PROOF_MS
  while (!/"reuse":"on"/.test(await (await fetch(`${url}/health`, { headers })).text())) {
    if (performance.now() > end) throw new Error('the processes were not proven fit to be used again')
    await delay(50)
  }
}
