/**
 * `.env` in a folder that tools work in. Whoever may use tools there could read the keys in it, and write what the next start or
 * SIGHUP would go by.
 */
import { realpathSync } from 'node:fs'
import { join } from 'node:path'
import { type Config, ConfigError, type Environment, parseConfig, SETTINGS } from '../config.ts'
import { readEnvFile } from '../env-file.ts'
import { isWithin } from '../workspaces/operator-folders.ts'
import type { SettingFlags } from './setting-flags.ts'

/** Of Claude Code, its providers, and the way to them. */
const OTHERS = /^(?:ANTHROPIC|CLAUDE|AWS|GOOGLE|CLOUD_ML|AZURE|NODE|SSL)_|_PROXY$/i

/**
 * @param environment with what that file says
 * @throws ConfigError where it says anything that the server goes by
 */
export function requireOwnEnvFile(environment: Environment, flags: SettingFlags, folder: string = process.cwd()): void {
  const { path, variables } = readEnvFile(folder)
  const said = Object.keys(variables).find((name) => name in SETTINGS || OTHERS.test(name))
  if (said === undefined) return
  // Where the file lies, also when it is a link: another one could take its place.
  const place = join(realOf(folder), '.env')
  // In which folders tools work is not for the file alone to say.
  const others = Object.entries(environment).filter(([name, value]) => value !== variables[name])
  const configs = [parseConfig(environment, flags), parseConfig(Object.fromEntries(others), flags)]
  const open = configs.flatMap(toolFolders).find((each) => isWithin(realOf(each), place))
  if (open === undefined) return
  throw new ConfigError(
    `${path} says ${said}, and tools work in ${open}: they could read and change it. Start the server in another folder`,
  )
}

function toolFolders({ CLAUDE_CWD: forAll, WORKSPACES: named }: Config): readonly string[] {
  return [...(forAll === undefined ? [] : [forAll]), ...Object.values(named)]
}

function realOf(path: string): string {
  try {
    return realpathSync(path)
  } catch {
    return path
  }
}
