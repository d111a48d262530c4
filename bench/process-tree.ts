/** CPU time and memory of a process and all its descendants, from /proc. Linux only. */
import { readdirSync, readFileSync } from 'node:fs'

/** USER_HZ: 100 on every Linux that Node runs on. */
const TICKS_PER_SECOND = 100

interface ProcessInfo {
  readonly pid: number
  readonly parent: number
  /** Its own and that of the children it has waited for. */
  readonly cpuSeconds: number
  readonly ownCpuSeconds: number
  readonly rssBytes: number
}

function readProcess(pid: number): ProcessInfo | undefined {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8')
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ')
    const number = (index: number): number => Number(fields[index] ?? 0)
    return {
      pid,
      parent: number(1),
      cpuSeconds: (number(11) + number(12) + number(13) + number(14)) / TICKS_PER_SECOND,
      ownCpuSeconds: (number(11) + number(12)) / TICKS_PER_SECOND,
      rssBytes: number(21) * 4096,
    }
  } catch {
    return undefined
  }
}

function tree(root: number): ProcessInfo[] {
  const all = readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .map((name) => readProcess(Number(name)))
    .filter((info) => info !== undefined)
  const found = all.filter((info) => info.pid === root)
  for (const info of found) found.push(...all.filter((other) => other.parent === info.pid))
  return found
}

export interface TreeMeter {
  stop(): TreeUse
}

export interface TreeUse {
  readonly cpuSeconds: number
  /** The part of it that is the root's own. */
  readonly rootCpuSeconds: number
  readonly peakRssMegabytes: number
  readonly peakProcesses: number
}

/** Watches the tree below `root`, five times a second: looking costs CPU itself. */
export function meterTree(root: number): TreeMeter {
  const cpuOf = (): number => tree(root).reduce((sum, info) => sum + info.cpuSeconds, 0)
  const rootCpu = (): number => readProcess(root)?.ownCpuSeconds ?? 0
  const before = cpuOf()
  const rootBefore = rootCpu()
  let peakRss = 0
  let peakProcesses = 0
  const timer = setInterval(() => {
    const now = tree(root)
    peakRss = Math.max(
      peakRss,
      now.reduce((sum, info) => sum + info.rssBytes, 0),
    )
    peakProcesses = Math.max(peakProcesses, now.length)
  }, 200)
  return {
    stop: () => {
      clearInterval(timer)
      const cpuSeconds = cpuOf() - before
      return {
        cpuSeconds,
        rootCpuSeconds: rootCpu() - rootBefore,
        peakRssMegabytes: peakRss / 1_000_000,
        peakProcesses,
      }
    },
  }
}
