/** `dragoman smoke`: looks at a running server from outside, as any client would, within ten seconds. */
import { loadEnvironment, parseConfig } from '../config.ts'
import type { Output } from './output.ts'
import { type Finding, writeFinding } from './report.ts'
import { serverUrl } from './server-url.ts'
import type { SettingFlags } from './setting-flags.ts'
import { checkPlainAnswer, checkStreamedAnswer } from './smoke-answers.ts'
import { createSmokeClient, type SmokeClient } from './smoke-client.ts'
import { checkErrors, checkKey, checkLogin, checkModels, checkReachable, checkRequestIds } from './smoke-surface.ts'

const DEADLINE_MS = 10_000

export interface SmokeOptions {
  /** Where the server is; what the settings say when absent. */
  readonly url?: string
  readonly key?: string
  /** For all checks together; ten seconds when absent. */
  readonly deadlineMs?: number
}

/**
 * Looks, says so line by line, and stops at the deadline.
 * @returns whether every check passed
 * @throws ConfigError when the settings cannot be used
 */
export async function smoke(flags: SettingFlags, options: SmokeOptions, output: Output): Promise<boolean> {
  const config = parseConfig(loadEnvironment(), flags)
  const url = withScheme(options.url ?? serverUrl(config))
    .replace(/\/+$/, '')
    .replace(/\/v1$/, '')
  const key = options.key ?? config.API_KEY
  const deadline = AbortSignal.timeout(options.deadlineMs ?? DEADLINE_MS)
  const client = createSmokeClient({ url, key, signal: deadline })
  const findings: Finding[] = []
  const check = async (topic: string, run: (client: SmokeClient) => Promise<string>): Promise<boolean> => {
    const finding = await attempt(topic, () => run(client), deadline)
    findings.push(finding)
    return finding.verdict === 'fine'
  }
  const show = (): void => {
    for (const finding of findings.splice(0)) {
      if (finding.verdict === 'failure') failures += 1
      writeFinding(output, finding)
    }
  }
  let failures = 0

  output.write(`${url}\n`)
  const isThere = await check('reachable', checkReachable)
  show()
  if (!isThere) return false
  await check('key', checkKey)
  await check('login', checkLogin)
  await check('models', checkModels)
  show()
  await Promise.all([
    check('plain answer', checkPlainAnswer),
    check('streamed answer', checkStreamedAnswer),
    check('errors', checkErrors),
  ])
  await check('request ids', checkRequestIds)
  show()
  output.write(failures === 0 ? '\nAll is well.\n' : `\n${failures} failed.\n`)
  return failures === 0
}

function withScheme(url: string): string {
  return /^https?:\/\//i.test(url) ? url : `http://${url}`
}

async function attempt(topic: string, run: () => Promise<string>, deadline: AbortSignal): Promise<Finding> {
  try {
    return { verdict: 'fine', topic, text: await run() }
  } catch (error) {
    if (deadline.aborted) return { verdict: 'failure', topic, text: 'no answer within the time for all checks' }
    return { verdict: 'failure', topic, text: explain(error) }
  }
}

/** fetch hides the reason in the cause. */
function explain(error: unknown): string {
  if (!(error instanceof Error)) return String(error)
  const { cause } = error
  if (!(cause instanceof Error)) return error.message
  return cause.message === '' && 'code' in cause ? String(cause.code) : cause.message
}
