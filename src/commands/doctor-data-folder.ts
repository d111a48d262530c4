import { access, constants, stat } from 'node:fs/promises'
import { dirname } from 'node:path'
import type { Finding } from './report.ts'

const topic = 'data folder'

/** Exists, or can be made, and nobody else can put something else in its place. What is kept in it is private anyway. */
export async function checkDataFolder(path: string): Promise<Finding> {
  const found = await stat(path).catch(() => undefined)
  if (found === undefined) {
    const parent = await nearestExisting(path)
    if (await isWritable(parent)) return { verdict: 'fine', topic, text: `${path} will be created` }
    return {
      verdict: 'failure',
      topic,
      text: `${path} cannot be created`,
      remedy: `make ${parent} writable, or set DATA_DIR`,
    }
  }
  if (!found.isDirectory())
    return { verdict: 'failure', topic, text: `${path} is not a folder`, remedy: 'set DATA_DIR' }
  if (!(await isWritable(path))) {
    return {
      verdict: 'failure',
      topic,
      text: `${path} is not writable`,
      remedy: `chmod u+rwx ${path}, or set DATA_DIR`,
    }
  }
  const mode = found.mode & 0o777
  if ((mode & 0o022) !== 0) {
    const text = `${path} can be written by others (mode ${mode.toString(8)})`
    return { verdict: 'warning', topic, text, remedy: 'set DATA_DIR to a folder of your own' }
  }
  return { verdict: 'fine', topic, text: path }
}

const isWritable = (path: string): Promise<boolean> =>
  access(path, constants.W_OK | constants.X_OK).then(
    () => true,
    () => false,
  )

async function nearestExisting(path: string): Promise<string> {
  const parent = dirname(path)
  const exists = await stat(parent).then(
    () => true,
    () => false,
  )
  return exists || parent === path ? parent : nearestExisting(parent)
}
