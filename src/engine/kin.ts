/**
 * What a child has started, wherever it went: a tool runs in a process group of its own and can leave its parent, so that
 * ending the child's group does not end it. It is found by descent while the child lives, and by the mark in its
 * environment afterwards (Linux only: other systems do not show it).
 */
import { execFile } from 'node:child_process'
import { readdir, readFile } from 'node:fs/promises'
import { promisify } from 'node:util'

interface ProcessLine {
  readonly pid: number
  readonly parent: number
  readonly group: number
}

/** The process groups of all that descend from `root`, its own group left out. */
export async function groupsBelow(root: number): Promise<number[]> {
  const all = process.platform === 'linux' ? await fromProc() : await fromPs()
  const family = new Set([root])
  // Parents can come after their children in the list: as often as it grows.
  for (let size = 0; size !== family.size;) {
    size = family.size
    for (const { pid, parent } of all) if (family.has(parent)) family.add(pid)
  }
  const groups = all.filter(({ pid }) => pid !== root && family.has(pid)).map(({ group }) => group)
  return [...new Set(groups)].filter((group) => group !== root)
}

/** The processes that have this text in their environment, such as `NAME=value`, ourselves left out. Linux only. */
export async function markedWith(text: string): Promise<number[]> {
  if (process.platform !== 'linux') return []
  const marked = await Promise.all(
    (await allPids()).map(async (pid) => {
      const environment = await readFile(`/proc/${pid}/environ`, 'latin1').catch(() => '')
      return environment.includes(text) && pid !== process.pid ? pid : undefined
    }),
  )
  return marked.filter((pid) => pid !== undefined)
}

/** Of those with this text in their environment, the ones that are not of this process group. Linux only. */
export async function markedOutside(group: number, text: string): Promise<number[]> {
  const marked = new Set(await markedWith(text))
  if (marked.size === 0) return []
  return (await fromProc()).filter((line) => marked.has(line.pid) && line.group !== group).map(({ pid }) => pid)
}

/** Sends a signal to a process, or with a negative pid to its group; what is gone already needs none. */
export function kill(pid: number, signal: NodeJS.Signals): void {
  try {
    process.kill(pid, signal)
  } catch {
    // Gone, or somebody else's by now.
  }
}

async function allPids(): Promise<number[]> {
  return (await readdir('/proc')).filter((name) => /^\d+$/.test(name)).map(Number)
}

async function fromProc(): Promise<ProcessLine[]> {
  const lines = await Promise.all(
    (await allPids()).map(async (pid) => {
      const stat = await readFile(`/proc/${pid}/stat`, 'latin1').catch(() => '')
      // After the name, which may hold spaces and parentheses: state, parent, group (proc(5)).
      const [, parent, group] = stat.slice(stat.lastIndexOf(')') + 2).split(' ')
      return { pid, parent: Number(parent), group: Number(group) }
    }),
  )
  return lines.filter(({ group }) => group > 0)
}

async function fromPs(): Promise<ProcessLine[]> {
  const { stdout } = await promisify(execFile)('ps', ['-A', '-o', 'pid=,ppid=,pgid='], { timeout: 2000 })
  return stdout
    .split('\n')
    .map((line) => line.trim().split(/\s+/).map(Number))
    .map(([pid = 0, parent = 0, group = 0]) => ({ pid, parent, group }))
    .filter(({ group }) => group > 0)
}
