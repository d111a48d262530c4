import { access, constants, readFile } from 'node:fs/promises'
import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'
import { z } from 'zod'
import type { Config } from '../config.ts'
import { binaryVersion, findBinary, isSafeVersion, OLDEST_SAFE_VERSION } from '../engine/binary.ts'
import type { Finding } from './report.ts'

const topic = 'Claude Code'

/** The binary, and whether its version is the one that this release was tested with. */
export async function checkBinary(config: Pick<Config, 'CLAUDE_CLI_PATH'>): Promise<readonly Finding[]> {
  const configured = config.CLAUDE_CLI_PATH
  const path = findBinary(configured)
  if (path === undefined) {
    const text = `no binary for ${process.platform}-${process.arch}`
    return [{ verdict: 'failure', topic, text, remedy: 'npm ci --include=optional, or set CLAUDE_CLI_PATH' }]
  }
  if (!(await isExecutable(path))) {
    const remedy =
      configured === undefined ? 'npm ci --include=optional' : 'set CLAUDE_CLI_PATH to the full path of the binary'
    return [{ verdict: 'failure', topic, text: `${path} is missing or not executable`, remedy }]
  }
  const found: Finding = {
    verdict: 'fine',
    topic,
    text: configured === undefined ? 'the binary of the Agent SDK' : path,
  }
  return [found, await checkVersion(path)]
}

async function checkVersion(path: string): Promise<Finding> {
  const version = await binaryVersion(path).catch((error: unknown) =>
    error instanceof Error ? error : new Error(String(error)),
  )
  if (version instanceof Error) {
    return {
      verdict: 'failure',
      topic: 'version',
      text: `the binary does not run: ${firstLine(version.message)}`,
      remedy: 'reinstall it',
    }
  }
  if (!isSafeVersion(version)) {
    const text = `${version} is too old: before ${OLDEST_SAFE_VERSION} callers' text could run commands`
    return { verdict: 'failure', topic: 'version', text, remedy: 'update it, or unset CLAUDE_CLI_PATH' }
  }
  const pinned = await pinnedVersion()
  if (version === pinned) return { verdict: 'fine', topic: 'version', text: version }
  const text = `${version}, while this release was tested with ${pinned}`
  return { verdict: 'warning', topic: 'version', text, remedy: 'unset CLAUDE_CLI_PATH if something misbehaves' }
}

const isExecutable = (path: string): Promise<boolean> =>
  access(path, constants.X_OK).then(
    () => true,
    () => false,
  )

/** The version of Claude Code that the pinned Agent SDK was built for. */
async function pinnedVersion(): Promise<string> {
  const sdk = dirname(createRequire(import.meta.url).resolve('@anthropic-ai/claude-agent-sdk'))
  const manifest: unknown = JSON.parse(await readFile(join(sdk, 'manifest.json'), 'utf8'))
  return z.object({ version: z.string() }).parse(manifest).version
}

const firstLine = (text: string): string => text.split('\n', 1)[0] ?? ''
