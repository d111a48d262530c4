/**
 * What an instance keeps on disk while it runs: a home folder per child and one empty working folder. Each instance has
 * a folder of its own in the data folder, named by its process, so that two instances leave each other's alone and
 * what a killed one left is swept by the next.
 */
import { createHash, randomBytes } from 'node:crypto'
import { chmod, mkdir, readdir, readFile, rm, stat as statOf } from 'node:fs/promises'
import { hostname } from 'node:os'
import { join } from 'node:path'
import { kill, markedWith } from './kin.ts'

export interface RunFolder {
  readonly path: string
  /** An empty folder that children without tools work in. */
  readonly workingFolder: string
  createHome(workerId: string): Promise<string>
  removeHome(home: string): Promise<void>
  remove(): Promise<void>
}

/**
 * Makes the folder, private to this user, and sweeps those of instances that are gone. The data folder around it may be
 * one that was there before, such as /srv or somebody's home: its mode is the operator's.
 */
export async function createRunFolder(dataFolder: string): Promise<RunFolder> {
  const runs = await prepare(dataFolder).catch((error: unknown): never => {
    const reason = error instanceof Error && 'code' in error ? String(error.code) : String(error)
    throw new Error(`the data folder ${dataFolder} cannot be used (${reason}): make it writable, or set DATA_DIR`, {
      cause: error,
    })
  })
  const mine = `${process.pid}-${await startTime(process.pid)}-${machine()}-${randomBytes(3).toString('hex')}`
  const path = join(runs, mine)
  const workingFolder = join(path, 'empty')
  await mkdir(path, { mode: 0o700 })
  await mkdir(workingFolder, { mode: 0o500 })
  return {
    path,
    workingFolder,
    createHome: async (workerId) => {
      const home = join(path, workerId)
      await mkdir(home, { mode: 0o700 })
      return home
    },
    removeHome: (home) => removeFolder(home),
    remove: () => removeFolder(path),
  }
}

async function prepare(dataFolder: string): Promise<string> {
  const runs = join(dataFolder, 'run')
  await mkdir(runs, { recursive: true, mode: 0o700 })
  await chmod(runs, 0o700)
  await sweep(runs)
  return runs
}

/** A child that is being killed may still write for a moment: try again a few times. */
function removeFolder(path: string): Promise<void> {
  return rm(path, { recursive: true, force: true, maxRetries: 5, retryDelay: 50 })
}

async function sweep(runs: string): Promise<void> {
  for (const name of await readdir(runs)) {
    const [pid, started, where] = name.split('-')
    if (pid === undefined || started === undefined || !/^\d+$/.test(pid)) continue
    if (where === machine() ? await isSame(Number(pid), started) : await isRecent(join(runs, name))) continue
    await sweepInstance(join(runs, name))
  }
}

/** What a killed instance left: tools that had outlived their process, then the files. */
async function sweepInstance(path: string): Promise<void> {
  for (const pid of await markedWith(`HOME=${path}/`).catch(() => [])) kill(pid, 'SIGKILL')
  await removeFolder(path)
}

/** Containers that share a data folder do not see each other's processes, but each has a host name of its own. */
function machine(): string {
  return createHash('sha256').update(hostname()).digest('hex').slice(0, 8)
}

/** Another machine's: whether it was written to within a week. */
async function isRecent(path: string): Promise<boolean> {
  return Date.now() - (await statOf(path)).mtimeMs < 7 * 86_400_000
}

async function isSame(pid: number, started: string): Promise<boolean> {
  return isRunning(pid) && (await startTime(pid)) === started
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
async function startTime(pid: number): Promise<string> {
  try {
    const stat = await readFile(`/proc/${pid}/stat`, 'utf8')
    // The second field may hold spaces and parentheses; the start time is the 20th after it (proc(5)).
    return stat.slice(stat.lastIndexOf(')') + 2).split(' ')[19] ?? '0'
  } catch {
    return '0'
  }
}
