import { execFile } from 'node:child_process'
import { access, constants } from 'node:fs/promises'
import { join } from 'node:path'
import { promisify } from 'node:util'
import type { Environment } from '../../config.ts'
import type { SandboxTools } from './sandbox.ts'

export type SandboxFound =
  | (SandboxTools & { readonly available: true })
  | { readonly available: false; readonly reason: string }

export async function detectSandbox(environment: Environment): Promise<SandboxFound> {
  const [bwrap, socat] = await Promise.all([find('bwrap', environment), find('socat', environment)])
  if (bwrap === undefined || socat === undefined) return { available: false, reason: 'not installed' }
  const args = [
    '--ro-bind',
    '/',
    '/',
    '--proc',
    '/proc',
    '--dev',
    '/dev',
    '--unshare-all',
    '--die-with-parent',
    '/bin/true',
  ]
  try {
    await promisify(execFile)(bwrap, args, { timeout: 5000, env: {} })
    return { available: true, bwrap, socat }
  } catch {
    return { available: false, reason: 'bubblewrap does not work here' }
  }
}

async function find(name: string, environment: Environment): Promise<string | undefined> {
  for (const folder of (environment['PATH'] ?? '').split(':')) {
    const path = join(folder, name)
    if (
      folder.startsWith('/') &&
      (await access(path, constants.X_OK).then(
        () => true,
        () => false,
      ))
    )
      return path
  }
  return undefined
}
