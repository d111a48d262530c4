import { createHash, randomBytes } from 'node:crypto'
import { mkdir, realpath, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { ApiError } from '../errors.ts'
import type { Workspaces } from './workspaces.ts'

export interface WorkspacesOptions {
  readonly dataFolder: string
  /** By their names. */
  readonly folders: Readonly<Record<string, string>>
  /** For requests that name none. */
  readonly common: string | undefined
}

export function createWorkspaces({ dataFolder, folders, common }: WorkspacesOptions): Workspaces {
  const root = join(dataFolder, 'workspaces')
  const folderOf = (principalId: string, sessionId: string): string =>
    join(root, nameFor(principalId), nameFor(sessionId))
  const make = async (path: string): Promise<string> => {
    await mkdir(path, { recursive: true, mode: 0o700 })
    return realpath(path)
  }
  return {
    open: async ({ principalId, sessionId, name }) => {
      const chosen = name === undefined ? common : new Map(Object.entries(folders)).get(name)
      if (chosen !== undefined) return { path: await realpath(chosen), close: () => Promise.resolve() }
      if (name !== undefined) throw new ApiError('workspace_not_allowed')
      if (sessionId !== undefined) {
        return { path: await make(folderOf(principalId, sessionId)), close: () => Promise.resolve() }
      }
      const path = await make(join(root, 'temporary', randomBytes(8).toString('hex')))
      return { path, close: () => rm(path, { recursive: true, force: true, maxRetries: 5, retryDelay: 50 }) }
    },
    remove: (principalId, sessionId) =>
      rm(folderOf(principalId, sessionId), { recursive: true, force: true }).catch(() => undefined),
  }
}

const nameFor = (id: string): string => createHash('sha256').update(id).digest('hex').slice(0, 32)
