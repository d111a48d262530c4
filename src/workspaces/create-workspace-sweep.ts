/** Takes away, at the start and then each hour, the folders of sessions that are gone and those that a killed instance left. */
import { lstat, readdir, rmdir } from 'node:fs/promises'
import { join } from 'node:path'
import type { Config, LiveConfig } from '../config.ts'
import { mayRun } from '../instance.ts'
import type { Logger } from '../log.ts'
import { findSessions } from '../store/sessions-table.ts'
import type { Store } from '../store/store.ts'
import { removeFolder } from '../remove-folder.ts'
import { findRoot, TURNS } from './workspaces-root.ts'

export interface WorkspaceSweepOptions {
  readonly config: Pick<Config, 'DATA_DIR'>
  readonly currentConfig: () => Pick<LiveConfig, 'SESSION_TTL'>
  /** Knows which sessions are still there. */
  readonly store: Pick<Store, 'run'>
  readonly log: Pick<Logger, 'warn'>
  readonly sweepMs?: number
}

const SWEEP_MS = 3_600_000
/** A turn may be long, and nothing touches its folder but its tools. */
const SILENT_TURNS_MS = 7 * 86_400_000
/** Asked of the database at once. */
const ASKED_AT_ONCE = 100

/** @returns what ends it, and waits for a sweep that runs */
export function createWorkspaceSweep(options: WorkspaceSweepOptions): { close(): Promise<void> } {
  const { log, sweepMs = SWEEP_MS } = options
  let isClosed = false
  const sweep = async (): Promise<void> => {
    try {
      await sweepOnce(options, () => isClosed)
    } catch (error) {
      log.warn({ err: error }, 'workspaces could not be swept: tried again later')
    }
  }
  let swept = sweep()
  const sweeping = setInterval(() => {
    swept = swept.then(sweep)
  }, sweepMs).unref()
  return {
    close: () => {
      isClosed = true
      clearInterval(sweeping)
      return swept
    },
  }
}

async function sweepOnce(options: WorkspaceSweepOptions, isClosed: () => boolean): Promise<void> {
  const root = await findRoot(options.config.DATA_DIR)
  if (root === undefined) return
  for (const entry of await readdir(root, { withFileTypes: true })) {
    if (isClosed()) return
    const folder = join(root, entry.name)
    if (!entry.isDirectory()) continue
    await (entry.name === TURNS ? sweepTurns(folder) : sweepPrincipal(folder, options))
  }
}

async function sweepTurns(folder: string): Promise<void> {
  for (const name of await readdir(folder)) {
    if (!(await mayRun(name, join(folder, name), SILENT_TURNS_MS))) await removeFolder(folder, name)
  }
}

/**
 * A folder that was used within the life of a session is left alone: instances with other databases may share the data folder,
 * and nobody here knows their sessions, but after that time they are over too.
 */
async function sweepPrincipal(folder: string, { currentConfig, store }: WorkspaceSweepOptions): Promise<void> {
  const { SESSION_TTL: ttl } = currentConfig()
  const old: string[] = []
  for (const name of await readdir(folder)) if (await isUnused(join(folder, name), ttl)) old.push(name)
  for (let n = 0; n < old.length; n += ASKED_AT_ONCE) {
    const asked = old.slice(n, n + ASKED_AT_ONCE)
    const found = new Set(await store.run((db) => findSessions(db, asked)))
    for (const name of asked) if (!found.has(name)) await removeFolder(folder, name)
  }
  // One that is not empty stays.
  if (await isUnused(folder, ttl)) await rmdir(folder).catch(() => undefined)
}

/** A tool can set any time, also one that is yet to come. */
async function isUnused(path: string, sinceMs: number): Promise<boolean> {
  try {
    return Math.abs(Date.now() - (await lstat(path)).mtimeMs) > sinceMs
  } catch {
    return false
  }
}
