import { availableParallelism, freemem, totalmem } from 'node:os'
import type { Config } from '../config.ts'
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

export function checkMachine(config: Pick<Config, 'MAX_WORKERS'>): Finding {
  const gigabytes = (bytes: number): string => `${(bytes / 1e9).toFixed(1)} GB`
  const limit = config.MAX_WORKERS ?? defaultWorkerLimit()
  const allowed = process.constrainedMemory()
  const bound = allowed > 0 && allowed < totalmem() ? `, ${gigabytes(allowed)} allowed here` : ''
  const text = `${availableParallelism()} cores, ${gigabytes(freemem())} of ${gigabytes(totalmem())} memory free${bound}: up to ${limit} turns at a time`
  return { verdict: 'fine', topic: 'machine', text }
}
