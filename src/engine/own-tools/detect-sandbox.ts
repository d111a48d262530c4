/**
 * Whether commands can be held in a sandbox on this machine: it needs bubblewrap and socat, and a system that lets
 * bubblewrap work, which many containers do not.
 */
import { execFile } from 'node:child_process'
import { access, constants } from 'node:fs/promises'
import { delimiter, isAbsolute, join } from 'node:path'
import type { Environment } from '../../config.ts'
import type { SandboxTools } from './sandbox.ts'

export type SandboxFound =
  | ({ readonly available: true } & SandboxTools)
  | {
      readonly available: false
      readonly cause: 'missing' | 'not working' | 'system' | 'root'
      readonly reason: string
    }

const TRIAL_MS = 5_000

/** What the sandbox asks of it, around a program that does nothing. */
const TRIAL = '--new-session --die-with-parent --unshare-all --ro-bind / / --dev /dev --proc /proc'.split(' ')
/** Since bubblewrap 0.7. */
const SIZED = '--size 4096 --tmpfs /tmp'.split(' ')

export async function detectSandbox(
  environment: Environment,
  { platform = process.platform, trialMs = TRIAL_MS }: { readonly platform?: string; readonly trialMs?: number } = {},
): Promise<SandboxFound> {
  if (platform !== 'linux') return { available: false, cause: 'system', reason: `there is none for ${platform}` }
  const folders = (environment['PATH'] ?? '').split(delimiter).filter(isAbsolute)
  const [bwrap, socat] = await Promise.all([findProgram('bwrap', folders), findProgram('socat', folders)])
  if (bwrap === undefined || socat === undefined) {
    const missing = [...(bwrap === undefined ? ['bubblewrap'] : []), ...(socat === undefined ? ['socat'] : [])]
    return { available: false, cause: 'missing', reason: `no ${missing.join(' and no ')}` }
  }
  const sized = await tryOut(bwrap, [...TRIAL, ...SIZED], environment, trialMs)
  if (sized === undefined) return { available: true, bwrap, socat, hasSizes: true }
  const problem = await tryOut(bwrap, TRIAL, environment, trialMs)
  if (problem === undefined) return { available: true, bwrap, socat, hasSizes: false }
  return { available: false, cause: 'not working', reason: `bubblewrap does not work here: ${problem}` }
}

/**
 * What of it holds for the processes of a server. Where they have the login themselves each command is in a sandbox of Claude Code's
 * own (2.1.330), which leaves the kernel's settings to root: `/proc/sys/kernel/core_pattern` names a program that runs outside.
 */
export function sandboxFor(
  found: SandboxFound,
  { hasEgress, isRoot = process.getuid?.() === 0 }: { readonly hasEgress: boolean; readonly isRoot?: boolean },
): SandboxFound {
  if (!found.available || hasEgress || !isRoot) return found
  return { available: false, cause: 'root', reason: 'root is not held, where Claude Code has the login itself' }
}

async function findProgram(name: string, folders: readonly string[]): Promise<string | undefined> {
  for (const folder of folders) {
    const path = join(folder, name)
    const isThere = await access(path, constants.X_OK).then(
      () => true,
      () => false,
    )
    if (isThere) return path
  }
  return undefined
}

/** @returns what went wrong, in a line */
function tryOut(
  bwrap: string,
  args: readonly string[],
  environment: Environment,
  timeout: number,
): Promise<string | undefined> {
  return new Promise((resolve) => {
    const options = { env: { PATH: environment['PATH'] }, timeout, killSignal: 'SIGKILL' } as const
    execFile(bwrap, [...args, 'true'], options, (error, _, stderr) => {
      if (error === null) resolve(undefined)
      else if (error.killed === true) resolve(`it did not end within ${timeout} ms`)
      else resolve(stderr.trim().split('\n')[0]?.slice(0, 200) || `it ended with ${String(error.code)}`)
    })
  })
}
