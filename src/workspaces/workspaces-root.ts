/**
 * Where workspaces are in the data folder: a session's own is `workspaces/<hash of the principal>/<session id>` and lives as long as the
 * session, that of a turn without one is in `workspaces/turns/<instance>`. All are private to this user.
 */
import { createHash } from 'node:crypto'
import { lstat, mkdir, realpath } from 'node:fs/promises'
import { join } from 'node:path'

/** What the folder of turns is called. Those of principals are hashes. */
export const TURNS = 'turns'

/** A principal's id may hold anything, and tells who it is. */
export function folderOf(principalId: string): string {
  return createHash('sha256').update(principalId).digest('hex').slice(0, 32)
}

/** @returns a real path */
export async function makeRoot(dataFolder: string): Promise<string> {
  await mkdir(dataFolder, { recursive: true, mode: 0o700 })
  return makeFolder(await realpath(dataFolder), 'workspaces')
}

/** A real path; undefined where there has never been a workspace. */
export async function findRoot(dataFolder: string): Promise<string | undefined> {
  try {
    const root = join(await realpath(dataFolder), 'workspaces')
    return (await lstat(root)).isDirectory() ? root : undefined
  } catch {
    return undefined
  }
}

/** @param parent a real path. @throws when something else stands there, such as a link that leads elsewhere */
export async function makeFolder(parent: string, name: string): Promise<string> {
  const path = join(parent, name)
  await mkdir(path, { recursive: true, mode: 0o700 })
  if (!(await lstat(path)).isDirectory()) throw new Error(`${path} is not a folder`)
  return path
}
