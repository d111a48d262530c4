/** Dragoman as its users start it: a process of its own, here with the demo model behind it. */
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'

export interface BenchServer {
  readonly url: string
  readonly pid: number
  stop(): Promise<void>
}

export async function startServer(options: { modelUrl: string; dataFolder: string; env?: Record<string, string> }): Promise<BenchServer> {
  const main = fileURLToPath(new URL('../dist/main.js', import.meta.url))
  const child = spawn(process.execPath, [main, 'serve', '0'], {
    stdio: ['ignore', 'ignore', 'inherit'],
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
  if (child.pid === undefined) throw new Error('Dragoman could not be started')
  const url = await ready(child.pid)
  return {
    url,
    pid: child.pid,
    stop: async () => {
      child.kill('SIGTERM')
      await once(child, 'exit')
    },
  }
}

async function ready(_pid: number): Promise<string> {
  throw new Error('not wired yet')
}
