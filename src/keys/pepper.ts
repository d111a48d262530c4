/** The secret that keys are hashed with: whoever has read the database has no use for its hashes without it. */
import { createHash, randomBytes } from 'node:crypto'
import { chmod, link, mkdir, open, readFile, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { PEPPER_FILE, storeFolder } from '../store/database-url.ts'

export interface Pepper {
  /** Undefined where no key was ever made here. */
  read(): Promise<Buffer | undefined>
  /** Makes it where there is none. Processes that do so at the same time get the same one. */
  readOrMake(): Promise<Buffer>
}

/** The file is looked for at most this often while there is none. */
const LOOK_MS = 500

/** @param configured `KEY_PEPPER` */
export function createPepper(configured: string | undefined, dataFolder: string): Pepper {
  if (configured !== undefined) {
    const fixed = Promise.resolve(createHash('sha256').update(configured).digest())
    return { read: () => fixed, readOrMake: () => fixed }
  }
  const folder = storeFolder(dataFolder)
  const path = join(folder, PEPPER_FILE)
  let found: Buffer | undefined
  let lookedAt = -Infinity
  const look = async (): Promise<Buffer | undefined> => {
    lookedAt = performance.now()
    found = await readPepper(path)
    return found
  }
  return {
    read: async () => found ?? (performance.now() - lookedAt < LOOK_MS ? undefined : look()),
    readOrMake: async () => {
      const existing = found ?? (await look())
      if (existing !== undefined) return existing
      await makePepper(folder, path)
      const made = await look()
      if (made === undefined) throw new Error(`${path} cannot be read`)
      return made
    },
  }
}

async function readPepper(path: string): Promise<Buffer | undefined> {
  try {
    const pepper = Buffer.from((await readFile(path, 'utf8')).trim(), 'hex')
    if (pepper.length !== 32) throw new Error(`${path} does not hold what it should: restore it from a copy`)
    return pepper
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return undefined
    throw error
  }
}

/** Written elsewhere and then put in place, which only the first can do: nobody sees half of it. */
async function makePepper(folder: string, path: string): Promise<void> {
  await mkdir(folder, { recursive: true, mode: 0o700 })
  await chmod(folder, 0o700)
  const draft = `${path}.${process.pid}.${randomBytes(4).toString('hex')}`
  const file = await open(draft, 'wx', 0o600)
  try {
    await file.writeFile(`${randomBytes(32).toString('hex')}\n`)
    await file.sync()
    await link(draft, path)
  } catch (error) {
    if (!(error instanceof Error && 'code' in error && error.code === 'EEXIST')) throw error
  } finally {
    await file.close()
    await rm(draft, { force: true })
  }
}
