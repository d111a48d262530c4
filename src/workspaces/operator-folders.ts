/** The folders that the operator lets tools work in. Each is looked at when the server starts and again for each turn. */
import { realpath, stat } from 'node:fs/promises'
import { homedir } from 'node:os'
import { basename, dirname, join, relative, sep } from 'node:path'
import { type Config, ConfigError } from '../config.ts'
import { readDatabaseUrl } from '../store/database-url.ts'

export type FolderSettings = Pick<
  Config,
  'DATA_DIR' | 'CLAUDE_CWD' | 'WORKSPACES' | 'CONFIG_FILE' | 'MCP_CONFIG' | 'DATABASE_URL'
>

export interface OperatorFolder {
  /** @returns its real path. @throws when it is not there, or is none that tools should work in */
  check(): Promise<string>
}

export interface OperatorFolders {
  /** For requests that name none. */
  readonly forAll: OperatorFolder | undefined
  readonly named: ReadonlyMap<string, OperatorFolder>
}

/** Of the system, with what is in them. */
const SYSTEM = ['/proc', '/sys', '/dev', '/etc']

export function operatorFolders(config: FolderSettings): OperatorFolders {
  const { CLAUDE_CWD: forAll } = config
  const folder = (path: string): OperatorFolder => ({ check: () => checkFolder(path, config) })
  return {
    forAll: forAll === undefined ? undefined : folder(forAll),
    named: new Map(Object.entries(config.WORKSPACES).map(([name, path]) => [name, folder(path)])),
  }
}

/** @throws ConfigError that names each folder which cannot be used */
export async function requireOperatorFolders(config: FolderSettings): Promise<void> {
  const { forAll, named } = operatorFolders(config)
  const problems: string[] = []
  const check = async (setting: string, folder: OperatorFolder | undefined): Promise<void> => {
    await folder?.check().catch((error: unknown) => {
      problems.push(`${setting}: ${error instanceof Error ? error.message : String(error)}`)
    })
  }
  await check('CLAUDE_CWD', forAll)
  for (const [name, folder] of named) await check(`WORKSPACES, ${name}`, folder)
  if (problems.length > 0) throw new ConfigError(`Folders that tools cannot work in:\n  ${problems.join('\n  ')}`)
}

async function checkFolder(given: string, config: FolderSettings): Promise<string> {
  const { DATA_DIR: dataFolder } = config
  const path = await realOf(given)
  if (!(await stat(path)).isDirectory()) throw new Error(`${given} is not a folder`)
  const home = await realOf(homedir()).catch(homedir)
  if (isWithin(path, home)) throw new Error(`${given} holds the home folder, and so what this user keeps to itself`)
  const data = await realOf(dataFolder).catch(() => dataFolder)
  if (isWithin(path, data) || isWithin(data, path)) {
    throw new Error(`${given} and the data folder lie in one another: keys and other callers' files are there`)
  }
  for (const file of ownFiles(config)) {
    const places = [await placeOf(file), await realOf(file).catch(() => file)]
    if (!places.some((place) => isWithin(path, place))) continue
    throw new Error(`${given} holds ${file}, which the server goes by: tools could read its secrets, and change it`)
  }
  const system = SYSTEM.find((folder) => isWithin(folder, path) || isWithin(path, folder))
  if (system !== undefined) throw new Error(`${given} is of the system`)
  return path
}

function ownFiles({ CONFIG_FILE: settings, MCP_CONFIG: servers, ...config }: FolderSettings): readonly string[] {
  const database = readDatabaseUrl(config.DATABASE_URL, config.DATA_DIR)
  const files = [settings, servers, database.kind === 'sqlite' && !database.ownFolder ? database.path : undefined]
  return files.filter((file) => file !== undefined)
}

/** Where the file itself lies, also when it is a link to somewhere else: another one could take its place. */
async function placeOf(file: string): Promise<string> {
  return join(await realOf(dirname(file)).catch(() => dirname(file)), basename(file))
}

async function realOf(path: string): Promise<string> {
  try {
    return await realpath(path)
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? error.code : undefined
    throw new Error(`${path} cannot be opened (${String(code)})`, { cause: error })
  }
}

export function isWithin(folder: string, path: string): boolean {
  const way = relative(folder, path)
  return way !== '..' && !way.startsWith(`..${sep}`)
}
