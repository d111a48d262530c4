/**
 * The name of a running instance, by which others that share its data folder or its database know whether it still runs:
 * its process, when that started, the machine that it is on, and who sees its processes there.
 */
import { createHash, randomBytes } from 'node:crypto'
import { readFileSync, readlinkSync } from 'node:fs'
import { stat as statOf, utimes } from 'node:fs/promises'
import { hostname } from 'node:os'

/** Another one at each call. */
export function newInstanceName(): string {
  return `${process.pid}-${startTime(process.pid)}-${machine()}-${randomBytes(3).toString('hex')}-${processSpace()}`
}

/** How often a running instance touches what is named after it. */
export const TOUCH_MS = 600_000
/** What was not touched for as long is a dead one's: six times that, for a machine that was held up. */
const SILENT_MS = 3_600_000

/**
 * Whether the instance that this folder is named after may still run; true for a folder that is named after none.
 * @param silentMs for how long an instance on another machine may leave it untouched
 */
export async function mayRun(name: string, folder: string, silentMs: number = SILENT_MS): Promise<boolean> {
  const [pid, started, where] = name.split('-')
  if (pid === undefined || started === undefined || !/^\d+$/.test(pid)) return true
  return where === machine() ? isSame(Number(pid), started) : !(await isSilent(folder, silentMs))
}

/** By which instances on other machines, and in other containers, know that the one that the folder is named after runs. */
export async function touch(folder: string): Promise<void> {
  const now = new Date()
  await utimes(folder, now, now)
}

/** Whether it is known that the instance of this name is gone: one whose process would be seen from here, and is no more. */
export function isGone(name: string): boolean {
  const [pid, started, where, , space] = name.split('-')
  if (pid === undefined || started === undefined || !/^\d+$/.test(pid)) return false
  return where === machine() && space === processSpace() && !isSame(Number(pid), started)
}

/** Containers that share a data folder do not see each other's processes, but each has a host name of its own. */
function machine(): string {
  return createHash('sha256').update(hostname()).digest('hex').slice(0, 8)
}

/** Containers that use the network of their machine have its host name too, and still do not see each other's processes. */
function processSpace(): string {
  try {
    // Short: names of folders are part of the paths of sockets.
    return Number(readlinkSync('/proc/self/ns/pid').replaceAll(/\D/g, '')).toString(36)
  } catch {
    return '0'
  }
}

async function isSilent(path: string, ms: number): Promise<boolean> {
  return Date.now() - (await statOf(path)).mtimeMs > ms
}

function isSame(pid: number, started: string): boolean {
  return isRunning(pid) && startTime(pid) === started
}

function isRunning(pid: number): boolean {
  try {
    process.kill(pid, 0)
    return true
  } catch (error) {
    return error instanceof Error && 'code' in error && error.code === 'EPERM'
  }
}

/** When the process started, so that a reused pid is not taken for the old process; `0` where the system does not say. */
function startTime(pid: number): string {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8')
    // The second field may hold spaces and parentheses; the start time is the 20th after it (proc(5)).
    return stat.slice(stat.lastIndexOf(')') + 2).split(' ')[19] ?? '0'
  } catch {
    return '0'
  }
}
