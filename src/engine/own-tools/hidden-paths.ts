/**
 * What stays out of sight where it lies in a folder that can be read: an installation below /opt has its settings, its data and
 * perhaps its home there, and /usr and TOOLS_READABLE can hold anything.
 */
import { realpathSync, statSync } from 'node:fs'
import { homedir } from 'node:os'
import { relative, resolve, sep } from 'node:path'
import type { Config } from '../../config.ts'

/** Of the server: its data, its settings, its database. */
export function secretPaths({
  DATA_DIR: data,
  CONFIG_FILE: settings,
  MCP_CONFIG: servers,
  DATABASE_URL: database,
}: Pick<Config, 'DATA_DIR' | 'CONFIG_FILE' | 'MCP_CONFIG' | 'DATABASE_URL'>): string[] {
  const file = /^sqlite:(?:\/\/(?=\/))?(.+)$/.exec(database)?.[1]
  const files = file === undefined ? [] : ['', '-wal', '-shm', '-journal'].map((end) => file + end)
  return [data, '.env', ...[settings, servers].filter((path) => path !== undefined), ...files].map((path) =>
    resolve(path),
  )
}

/** Of the operator: the home, and the workspaces of other requests. */
export function privateFolders({
  CLAUDE_CWD: forAll,
  WORKSPACES: named,
}: Pick<Config, 'CLAUDE_CWD' | 'WORKSPACES'>): string[] {
  const home = homedir()
  // Users of the system have it among programs.
  return [...(/\/s?bin$/.test(home) ? [] : [home]), ...(forAll === undefined ? [] : [forAll]), ...Object.values(named)]
}

/**
 * Arguments of bubblewrap that cover what lies in folders which it has bound.
 * @param bound in the sandbox they have the same paths, and may be links to one another
 * @param empty what mounts an empty folder at the path that follows
 */
export function cover(bound: readonly string[], hidden: readonly string[], empty: readonly string[]): string[] {
  const folders = bound.flatMap((path) => placeOf(path) ?? [])
  return hidden.flatMap((path) => {
    const place = placeOf(path)
    if (place === undefined) return []
    const seen = folders.flatMap((folder) => seenAt(folder, place))
    return [...new Set(seen)].flatMap((at) => (place.isFolder ? [...empty, at] : ['--ro-bind', '/dev/null', at]))
  })
}

interface Place {
  readonly path: string
  readonly real: string
  readonly isFolder: boolean
}

function seenAt(folder: Place, { real }: Place): string[] {
  const way = relative(folder.real, real)
  if (way === '..' || way.startsWith(`..${sep}`)) return []
  return [way === '' ? folder.path : `${folder.path}${sep}${way}`]
}

/** Undefined for what is not there. */
function placeOf(path: string): Place | undefined {
  try {
    const real = realpathSync(path)
    return { path: resolve(path), real, isFolder: statSync(real).isDirectory() }
  } catch {
    return undefined
  }
}
