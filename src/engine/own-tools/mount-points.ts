/**
 * What Claude Code's sandbox around single commands (2.1.330) leaves in the workspace: it covers files that programs obey,
 * and where there are none it makes empty ones to cover.
 */
import { lstat, rmdir, unlink } from 'node:fs/promises'
import { join } from 'node:path'

const FILES = [
  '.env',
  '.env.development',
  '.env.development.local',
  '.env.local',
  '.env.production',
  '.env.production.local',
  '.env.test',
  '.env.test.local',
  '.gitmodules',
  '.npmrc',
  '.yarnrc',
  '.yarnrc.yml',
  'bunfig.toml',
  'package-lock.json',
  'package.json',
  'pnpm-lock.yaml',
  'yarn.lock',
]

/** Those inside come first. */
const FOLDERS = [
  'node_modules/.bin',
  'node_modules',
  '.claude/agents',
  '.claude/commands',
  '.claude/.cc-writes',
  '.claude',
]

/** Remembers which of them are there. Gives back what takes away those that have come since and are empty. Never rejects. */
export async function watchMountPoints(workspace: string): Promise<() => Promise<void>> {
  const missing = async (names: readonly string[]): Promise<string[]> => {
    const there = await Promise.all(names.map((name) => lstat(join(workspace, name)).catch(() => undefined)))
    return names.filter((_, index) => there[index] === undefined)
  }
  const [files, folders] = await Promise.all([missing(FILES), missing(FOLDERS)])
  return async () => {
    for (const name of files) await removeEmpty(join(workspace, name))
    // One that is not empty stays.
    for (const name of folders) await rmdir(join(workspace, name)).catch(() => undefined)
  }
}

async function removeEmpty(path: string): Promise<void> {
  const found = await lstat(path).catch(() => undefined)
  if (found?.isFile() === true && found.size === 0) await unlink(path).catch(() => undefined)
}
