/**
 * What an instance keeps on disk while it runs: a home folder per child and one empty working folder. Each instance has
 * a folder of its own in the data folder, named by its process, so that two instances leave each other's alone and
 * what a killed one left is swept by another.
 */
import { symlinkSync } from 'node:fs'
import { chmod, mkdir, readdir, readlink, realpath, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { basename, dirname, join } from 'node:path'
import { mayRun, newInstanceName, touch, TOUCH_MS } from '../instance.ts'
import { removeFolder } from '../remove-folder.ts'
import { kill, markedWith } from './kin.ts'

export interface RunFolder {
  readonly path: string
  /** An empty folder that children without tools work in. */
  readonly workingFolder: string
  createHome(workerId: string): Promise<string>
  removeHome(home: string): Promise<void>
  /** Notes the folder in which the Agent SDK gives a process its transcript: if we are killed, nobody else removes it. */
  noteTranscript(home: string, folder: string): void
  remove(): Promise<void>
}

/**
 * Makes the folder, private to this user, and sweeps those of instances that are gone. The data folder around it may be
 * one that was there before, such as /srv or somebody's home: its mode is the operator's.
 * @param onLeftover one that could not be swept: the next start tries again
 */
export async function createRunFolder(
  dataFolder: string,
  onLeftover: (error: unknown) => void = () => undefined,
): Promise<RunFolder> {
  const runs = await prepare(dataFolder, onLeftover).catch((error: unknown): never => {
    const reason = error instanceof Error && 'code' in error ? String(error.code) : String(error)
    throw new Error(`the data folder ${dataFolder} cannot be used (${reason}): make it writable, or set DATA_DIR`, {
      cause: error,
    })
  })
  const path = join(runs, newInstanceName())
  const workingFolder = join(path, 'empty')
  await mkdir(path, { mode: 0o700 })
  await mkdir(workingFolder, { mode: 0o500 })
  const touching = setInterval(() => {
    void Promise.all([touch(path), sweep(runs, onLeftover)]).catch(() => undefined)
  }, TOUCH_MS).unref()
  return {
    path,
    workingFolder,
    createHome: async (workerId) => {
      const home = join(path, workerId)
      await mkdir(home, { mode: 0o700 })
      return home
    },
    removeHome: async (home) => {
      await Promise.all([removeWhole(home), rm(noteOf(home), { force: true })])
    },
    noteTranscript: (home, folder) => {
      if (isOfTranscript(folder)) symlinkSync(folder, noteOf(home))
    },
    remove: () => {
      clearInterval(touching)
      return removeWhole(path)
    },
  }
}

async function prepare(dataFolder: string, onLeftover: (error: unknown) => void): Promise<string> {
  const runs = join(dataFolder, 'run')
  await mkdir(runs, { recursive: true, mode: 0o700 })
  await chmod(runs, 0o700)
  await sweep(runs, onLeftover)
  return runs
}

/** Commands may have left anything in it. */
async function removeWhole(path: string): Promise<void> {
  await removeFolder(await realpath(dirname(path)), basename(path))
}

async function sweep(runs: string, onLeftover: (error: unknown) => void): Promise<void> {
  for (const name of await readdir(runs)) {
    const path = join(runs, name)
    if (!(await mayRun(name, path))) await sweepInstance(path).catch(onLeftover)
  }
}

/** What a killed instance left: tools that had outlived their process, then the files. */
async function sweepInstance(path: string): Promise<void> {
  for (const pid of await markedWith(`HOME=${path}/`).catch(() => [])) kill(pid, 'SIGKILL')
  for (const name of await readdir(path).catch(() => [])) {
    const folder = name.endsWith(NOTE) ? await readlink(join(path, name)).catch(() => undefined) : undefined
    if (folder !== undefined && isOfTranscript(folder)) await removeWhole(folder)
  }
  await removeWhole(path)
}

const NOTE = '.transcript'

/** Beside the home, where the process cannot write. */
const noteOf = (home: string): string => `${home}${NOTE}`

/** As the Agent SDK (0.3.330) calls it. */
function isOfTranscript(folder: string): boolean {
  return dirname(folder) === tmpdir() && /\/claude-resume-[\da-f-]{36}$/.test(folder)
}
