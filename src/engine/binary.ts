/** Which Claude Code binary is used, and whether it is new enough to be safe. */
import { execFile } from 'node:child_process'
import { createRequire } from 'node:module'
import { promisify } from 'node:util'
import { TurnFailure } from '../turn/turn-failure.ts'

/** Older ones ignore `verbatimPrompts` without a word: callers' text could run commands and read files. */
export const OLDEST_SAFE_VERSION = '2.1.248'

/** The path of the binary: `configured`, else the one that the Agent SDK ships for this platform; undefined when there is none. */
export function findBinary(configured: string | undefined): string | undefined {
  if (configured !== undefined) return configured
  const sdk = createRequire(import.meta.url).resolve('@anthropic-ai/claude-agent-sdk')
  const { resolve } = createRequire(sdk)
  const platform = `${process.platform}-${process.arch}`
  const name = process.platform === 'win32' ? 'claude.exe' : 'claude'
  for (const variant of [platform, `${platform}-musl`]) {
    try {
      return resolve(`@anthropic-ai/claude-agent-sdk-${variant}/${name}`)
    } catch {
      // Not installed for this C library: try the other one.
    }
  }
  return undefined
}

/**
 * Asks the binary for its version, such as `2.1.330`.
 * @throws when it cannot be run or answers something else.
 */
export async function binaryVersion(path: string): Promise<string> {
  const { stdout } = await promisify(execFile)(path, ['--version'], { timeout: 10_000, env: { PATH: '/usr/bin:/bin' } })
  const version = /^(\d+\.\d+\.\d+)\b/.exec(stdout)?.[1]
  if (version === undefined) throw new Error('the binary did not say its version')
  return version
}

export function isSafeVersion(version: string): boolean {
  return compareVersions(version, OLDEST_SAFE_VERSION) >= 0
}

/** @throws TurnFailure `worker_unavailable` when a process says that it is too old, or not how old it is. */
export function requireSafeVersion(version: string | undefined): void {
  if (version !== undefined && isSafeVersion(version)) return
  const named = version ?? 'of an unknown version'
  throw new TurnFailure('worker_unavailable', `Claude Code ${named} is older than ${OLDEST_SAFE_VERSION}`)
}

/** Negative when `left` is older, 0 when equal, positive when newer. */
export function compareVersions(left: string, right: string): number {
  return left.localeCompare(right, 'en', { numeric: true })
}
