import { execFile } from 'node:child_process'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { z } from 'zod'
import type { Config } from '../config.ts'
import { findBinary } from '../engine/binary.ts'
import { detectLogin } from '../engine/login.ts'
import type { Login } from '../engine/login-method.ts'
import type { Finding } from './report.ts'

const topic = 'login'
const STATUS_TIMEOUT_MS = 10_000

const Status = z.object({ loggedIn: z.boolean() })

/** Whether there is a login, and whether Claude Code takes a stored one for one. What the model API says shows with the first request. */
export async function checkLogin(
  config: Pick<Config, 'CLAUDE_AUTH_METHOD' | 'CLAUDE_CLI_PATH' | 'environment'>,
): Promise<Finding> {
  const found = detectLogin(config)
  if (!('login' in found)) {
    const remedy = `${found.missing}; without an account: dragoman --demo`
    return { verdict: 'failure', topic, text: 'none found', remedy }
  }
  const { login } = found
  if (login.method === 'cli' && (await isTaken(config, login)) === false) {
    const text = `${login.source} is there, but Claude Code does not take it`
    return { verdict: 'failure', topic, text, remedy: 'log in again' }
  }
  const [missing] = login.missing
  if (missing !== undefined)
    return { verdict: 'warning', topic, text: `found: ${login.source}`, remedy: login.missing.join('; ') }
  return { verdict: 'fine', topic, text: `found: ${login.source}` }
}

/** Asks Claude Code, in a home that is thrown away, without a call to anybody. Undefined when it does not say. */
async function isTaken(
  { CLAUDE_CLI_PATH: configured, environment }: Pick<Config, 'CLAUDE_CLI_PATH' | 'environment'>,
  login: Login,
): Promise<boolean | undefined> {
  const binary = findBinary(configured)
  if (binary === undefined) return undefined
  const home = await mkdtemp(join(tmpdir(), 'dragoman-doctor-'))
  const env = { PATH: environment['PATH'], HOME: home, CLAUDE_CODE_DISABLE_NONESSENTIAL_TRAFFIC: '1', ...login.env }
  try {
    // It ends with 1 when there is no login, and says so all the same.
    const said = await new Promise<string>((resolve) => {
      execFile(binary, ['auth', 'status'], { env, timeout: STATUS_TIMEOUT_MS }, (_error, stdout) => resolve(stdout))
    })
    return Status.safeParse(parseJson(said)).data?.loggedIn
  } finally {
    await rm(home, { recursive: true, force: true })
  }
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}
