/** `.env` of a folder: variables that the shell has not set. */
import { readFileSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { parseEnv } from 'node:util'

export interface EnvFile {
  readonly path: string
  /** None where there is no such file. */
  readonly variables: Readonly<Record<string, string | undefined>>
  /** Why it cannot be read. */
  readonly problem?: string
}

export function readEnvFile(folder: string): EnvFile {
  const path = join(folder, '.env')
  try {
    // Reading a pipe would wait for whoever writes into it, and the server with it.
    if (!statSync(path).isFile()) return { path, variables: {}, problem: `${path} is no file` }
    return { path, variables: parseEnv(readFileSync(path, 'utf8')) }
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? error.code : undefined
    if (code === 'ENOENT') return { path, variables: {} }
    return { path, variables: {}, problem: `${path} cannot be read (${String(code)})` }
  }
}
