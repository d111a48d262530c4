import { access, constants } from 'node:fs/promises'
import { availableParallelism, freemem, totalmem } from 'node:os'
import { delimiter, join } from 'node:path'
import type { Config, Environment } from '../config.ts'
import { compareVersions } from '../engine/binary.ts'
import { detectDeathWatchMethod } from '../engine/death-watch.ts'
import { defaultWorkerLimit } from '../engine/worker-limit.ts'
import type { Finding } from './report.ts'

export function checkNode(version: string, oldest: string): Finding {
  if (compareVersions(version, oldest) >= 0) return { verdict: 'fine', topic: 'Node.js', text: version }
  return { verdict: 'failure', topic: 'Node.js', text: `${version} is too old`, remedy: `install ${oldest} or newer` }
}

export function checkProcessTools(): Finding {
  const topic = 'end of processes'
  if (detectDeathWatchMethod() === 'pdeathsig')
    return { verdict: 'fine', topic, text: 'the kernel ends Claude Code when the server is killed' }
  const text = 'a small watcher ends Claude Code when the server is killed'
  if (process.platform !== 'linux') return { verdict: 'fine', topic, text }
  return { verdict: 'note', topic, text, remedy: 'with setpriv (package util-linux) the kernel does it' }
}

export async function checkSandboxTools(environment: Environment): Promise<readonly Finding[]> {
  if (process.platform !== 'linux') return []
  const folders = (environment['PATH'] ?? '').split(delimiter).filter((folder) => folder !== '')
  const missing: string[] = []
  for (const [program, name] of [
    ['bwrap', 'bubblewrap'],
    ['socat', 'socat'],
  ] as const) {
    if (!(await isOnPath(program, folders))) missing.push(name)
  }
  const topic = 'sandbox'
  if (missing.length === 0) return [{ verdict: 'fine', topic, text: 'bubblewrap and socat are installed' }]
  const text = `no ${missing.join(' and ')}: only Claude Code's own tools would need a sandbox, and they are off`
  return [{ verdict: 'note', topic, text }]
}

async function isOnPath(program: string, folders: readonly string[]): Promise<boolean> {
  const found = await Promise.allSettled(folders.map((folder) => access(join(folder, program), constants.X_OK)))
  return found.some(({ status }) => status === 'fulfilled')
}

export function checkMachine(config: Pick<Config, 'MAX_WORKERS'>): Finding {
  const gigabytes = (bytes: number): string => `${(bytes / 1e9).toFixed(1)} GB`
  const limit = config.MAX_WORKERS ?? defaultWorkerLimit()
  const text = `${availableParallelism()} cores, ${gigabytes(freemem())} of ${gigabytes(totalmem())} memory free: up to ${limit} turns at a time`
  return { verdict: 'fine', topic: 'machine', text }
}
