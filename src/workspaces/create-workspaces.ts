/** Opens workspaces, and takes away a session's own with it. */
import { mkdtemp, utimes } from 'node:fs/promises'
import { basename, join } from 'node:path'
import { ApiError } from '../errors.ts'
import { newInstanceName } from '../instance.ts'
import type { Logger } from '../log.ts'
import { removeFolder } from '../remove-folder.ts'
import { type FolderSettings, operatorFolders } from './operator-folders.ts'
import type { Workspace, Workspaces } from './workspaces.ts'
import { findRoot, folderOf, makeFolder, makeRoot, TURNS } from './workspaces-root.ts'

export interface WorkspacesOptions {
  readonly config: FolderSettings
  readonly log: Pick<Logger, 'warn'>
}

export function createWorkspaces({ config, log }: WorkspacesOptions): Workspaces {
  const operators = operatorFolders(config)
  const instance = newInstanceName()
  const remove = async (parent: string, name: string): Promise<void> => {
    try {
      await removeFolder(parent, name)
    } catch (error) {
      log.warn({ err: error }, 'a workspace could not be removed: the next sweep tries again')
    }
  }
  const openForTurn = async (): Promise<Workspace> => {
    const turns = await makeFolder(await makeFolder(await makeRoot(config.DATA_DIR), TURNS), instance)
    const path = await mkdtemp(join(turns, 't-'))
    return { path, close: () => remove(turns, basename(path)) }
  }
  const openForSession = async (principalId: string, sessionId: string): Promise<Workspace> => {
    const parent = await makeFolder(await makeRoot(config.DATA_DIR), folderOf(principalId))
    if (!isSessionId(sessionId)) throw new Error('this is no id of a session')
    const path = await makeFolder(parent, sessionId)
    // The sweep leaves alone what was used lately.
    const now = new Date()
    await utimes(path, now, now)
    return { path, close: () => Promise.resolve() }
  }

  return {
    async open({ principalId, sessionId, name }) {
      const chosen = name === undefined ? operators.forAll : operators.named.get(name)
      if (chosen !== undefined) return openOperators(chosen.check, name)
      if (name !== undefined) throw new ApiError('workspace_not_allowed')
      return sessionId === undefined ? openForTurn() : openForSession(principalId, sessionId)
    },
    async remove(principalId, sessionId) {
      const root = await findRoot(config.DATA_DIR)
      if (root !== undefined && isSessionId(sessionId)) await remove(join(root, folderOf(principalId)), sessionId)
    },
  }
}

async function openOperators(check: () => Promise<string>, name: string | undefined): Promise<Workspace> {
  const path = await check().catch((error: unknown): never => {
    throw new ApiError('internal_error', { cause: error })
  })
  return { path, ...(name === undefined ? {} : { name }), close: () => Promise.resolve() }
}

function isSessionId(text: string): boolean {
  return /^[\w-]{1,64}$/.test(text)
}
