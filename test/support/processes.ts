/** Looking at processes from outside. Linux only where it says so. */
import { readdirSync, readFileSync } from 'node:fs'
import { vi } from 'vitest'
import { WORKER_MARK } from '../../src/engine/environment.ts'

export function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0)
    return stateOf(pid) !== 'Z'
  } catch {
    return false
  }
}

function stateOf(pid: number): string | undefined {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8')
    return stat.slice(stat.lastIndexOf(')') + 2).split(' ')[0]
  } catch {
    return undefined
  }
}

/** Resolves when the process is gone. Rejects when it is still there after `timeoutMs`. */
export async function gone(pid: number, timeoutMs = 5000): Promise<void> {
  await vi.waitUntil(() => !isAlive(pid), { timeout: timeoutMs, interval: 10 })
}

/** The pids of all live workers (and what they started) whose home is below `folder`; with `model`, of that one's. Linux only. */
export function workersOf(folder: string, model?: string): number[] {
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .map(Number)
    .filter((pid) => {
      try {
        const environment = readFileSync(`/proc/${pid}/environ`, 'utf8')
        const command = readFileSync(`/proc/${pid}/cmdline`, 'utf8')
        const isWorker = environment.includes(`${WORKER_MARK}=`) && environment.includes(`HOME=${folder}`)
        return isWorker && (model === undefined || command.includes(`--model=${model}`)) && isAlive(pid)
      } catch {
        return false
      }
    })
}

/** Memory of a process that is not swapped out, in MB, pages that it shares included. Linux only. */
export function residentMegabytes(pid: number): number {
  return Number(/^VmRSS:\s+(\d+)/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1]) / 1024
}

/** The most that it has held so far. */
export function peakMegabytes(pid: number): number {
  const [, kilobytes = '0'] = /^VmHWM:\s+(\d+)/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8')) ?? []
  return Number(kilobytes) / 1024
}
