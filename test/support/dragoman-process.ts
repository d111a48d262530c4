/** The command line as an operator runs it: a process of its own, in an empty folder, with nobody's login. */
import { type ChildProcess, spawn } from 'node:child_process'
import { existsSync, mkdtempSync, readdirSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { vi } from 'vitest'
import { createScriptedChild } from './scripted-child.ts'

/** What `npm run build` made: without a compiler in it, which would take a second and memory that counts. */
const main = fileURLToPath(new URL('../../dist/main.js', import.meta.url))

/** What costs seconds and most tests have no use for. */
export const THRIFTY = { REUSE_WORKERS: 'false', SPARE_WORKERS: '0' }

export interface Finished {
  readonly code: number | null
  readonly stdout: string
  readonly stderr: string
  /** The run folders in its data folder when it had ended. */
  readonly leftovers: readonly string[]
}

export interface RunningDragoman {
  readonly url: string
  readonly pid: number
  /** Its data folder. */
  readonly dataFolder: string
  readonly finished: Promise<Finished>
  stdout(): string
  stderr(): string
  signal(name: NodeJS.Signals): void
  /** Ends it if it still runs. */
  stop(): Promise<void>
}

export interface DragomanOptions {
  readonly env?: Readonly<Record<string, string>>
  /** Modules to load first. */
  readonly imports?: readonly string[]
  /** The program, where it is not the one of the repository. */
  readonly program?: string
  /** Claude Code, or what plays it (scripted-child.ts) and is ready in a tenth of the time. Default: the real one. */
  readonly binary?: 'real' | 'scripted'
}

interface Started {
  readonly child: ChildProcess
  readonly folder: string
  readonly output: { stdout: string; stderr: string }
  readonly finished: Promise<Finished>
}

function start(args: readonly string[], { env = {}, imports = [], program = main, binary }: DragomanOptions): Started {
  const folder = mkdtempSync(join(tmpdir(), 'dragoman-cli-'))
  const flags = imports.flatMap((module) => ['--import', module])
  const child = spawn(process.execPath, [...flags, program, ...args], {
    cwd: folder,
    env: {
      PATH: process.env['PATH'],
      HOME: folder,
      DATA_DIR: join(folder, 'data'),
      ...THRIFTY,
      ...(binary === 'scripted' ? { CLAUDE_CLI_PATH: createScriptedChild().path } : {}),
      ...env,
    },
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  const output = { stdout: '', stderr: '' }
  child.stdout.setEncoding('utf8').on('data', (text: string) => (output.stdout += text))
  child.stderr.setEncoding('utf8').on('data', (text: string) => (output.stderr += text))
  const finished = new Promise<Finished>((resolve) => {
    child.once('close', (code) => {
      const runs = join(folder, 'data', 'run')
      const leftovers = existsSync(runs) ? readdirSync(runs) : []
      rmSync(folder, { recursive: true, force: true })
      resolve({ code, ...output, leftovers })
    })
  })
  return { child, folder, output, finished }
}

/** Runs a command to its end. */
export function runDragoman(args: readonly string[], options: DragomanOptions = {}): Promise<Finished> {
  return start(args, options).finished
}

/** Starts a server and waits until it listens. */
export async function startDragoman(args: readonly string[], options: DragomanOptions = {}): Promise<RunningDragoman> {
  const { child, folder, output, finished } = start(args, options)
  const listening = /listens on (http:\S+)/
  await vi.waitUntil(() => listening.test(output.stderr) || child.exitCode !== null, { timeout: 15_000, interval: 20 })
  const url = listening.exec(output.stderr)?.[1]
  if (url === undefined || child.pid === undefined) throw new Error(`it did not listen: ${output.stderr}`)
  return {
    url,
    pid: child.pid,
    dataFolder: join(folder, 'data'),
    finished,
    stdout: () => output.stdout,
    stderr: () => output.stderr,
    signal: (name) => child.kill(name),
    stop: async () => {
      if (child.exitCode === null && child.signalCode === null) child.kill('SIGTERM')
      await finished
    },
  }
}
