/** Dragoman as its users start it: a process of its own, here with the demo model behind it. */
import { type ChildProcessByStdio, spawn } from 'node:child_process'
import { once } from 'node:events'
import type { Readable } from 'node:stream'
import { fileURLToPath } from 'node:url'

export interface BenchServer {
  readonly url: string
  readonly pid: number
  stop(): Promise<void>
}

export async function startServer(options: {
  modelUrl: string
  dataFolder: string
  env?: Record<string, string>
}): Promise<BenchServer> {
  const main = fileURLToPath(new URL('../dist/main.js', import.meta.url))
  const child = spawn(process.execPath, [main, 'serve', '0'], {
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
  if (child.pid === undefined) throw new Error('Dragoman could not be started')
  const url = await listening(child)
  return {
    url,
    pid: child.pid,
    stop: async () => {
      child.kill('SIGTERM')
      await once(child, 'exit')
    },
  }
}

/** The address in its banner, once Claude Code is ready too. */
async function listening(child: ChildProcessByStdio<null, null, Readable>): Promise<string> {
  const url = await new Promise<string>((resolve, reject) => {
    let text = ''
    child.stderr.setEncoding('utf8').on('data', (chunk: string) => {
      text += chunk
      const found = /listens on (http:\S+)/.exec(text)?.[1]
      if (found !== undefined) resolve(found)
    })
    child.once('exit', () => reject(new Error(`Dragoman did not start: ${text}`)))
  })
  await fetch(`${url}/v1/models`)
  return url
}
