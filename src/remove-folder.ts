/** Takes away a folder that others could write to, whatever they have left in it: no link is followed, on the way to it or in it. */
import { execFile } from 'node:child_process'
import { lstat, realpath, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { promisify } from 'node:util'

const run = promisify(execFile)

/** @param parent a real path; nothing happens where there is none. @throws when something stands in the way */
export async function removeFolder(parent: string, name: string): Promise<void> {
  const path = join(parent, name)
  const real = await realpath(parent).catch(() => undefined)
  if (real === undefined) return
  if (real !== parent) throw new Error(`a link stands in the way to ${path}`)
  try {
    await rm(path, { recursive: true, force: true, maxRetries: 5, retryDelay: 50 })
  } catch {
    await removeClosed(path)
  }
}

/** Folders that nobody may open, or nested deeper than a path is long. Both programs go down folder by folder. */
async function removeClosed(path: string): Promise<void> {
  if (!(await lstat(path)).isDirectory()) throw new Error(`${path} is not a folder`)
  await run('chmod', ['-R', 'u+rwX', '--', path]).catch(() => undefined)
  await run('rm', ['-rf', '--', path])
}
