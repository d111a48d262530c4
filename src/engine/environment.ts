/** The environment of a child: an allow-list, never the operator's as it is. */
import { join } from 'node:path'
import type { Environment } from '../config.ts'

/** Passed on from the operator: what programs need to run, to find certificates and to get out through a proxy. */
const PASSED_ON = [
  'PATH',
  'LANG',
  'LC_ALL',
  'LC_CTYPE',
  'TZ',
  'TMPDIR',
  'USER',
  'NODE_EXTRA_CA_CERTS',
  'SSL_CERT_FILE',
  'SSL_CERT_DIR',
]

/** Only a child that reaches the model API by itself needs a proxy. */
const PROXY = ['HTTP_PROXY', 'HTTPS_PROXY', 'ALL_PROXY', 'http_proxy', 'https_proxy', 'all_proxy']

/** Claude Code's switches: nothing but the model call, one call, no retries of its own, nothing kept. */
const SWITCHES = {
  CLAUDE_CODE_DISABLE_NONESSENTIAL_TRAFFIC: '1',
  DISABLE_TELEMETRY: '1',
  DISABLE_AUTOUPDATER: '1',
  CLAUDE_CODE_MAX_RETRIES: '0',
  CLAUDE_CODE_DISABLE_NONSTREAMING_FALLBACK: '1',
  // A long chat would be silently summarised.
  DISABLE_AUTO_COMPACT: '1',
  // Its own estimate refuses prompts that the model API takes (0.7 MB for a window of 200,000 tokens): the API decides.
  CLAUDE_CODE_BLOCKING_LIMIT_OVERRIDE: '1000000000',
  // Takes away the first system block, which differs per conversation and would spoil the prompt cache.
  CLAUDE_CODE_ATTRIBUTION_HEADER: '0',
} as const

/** The variable by which a child and all that it starts can be recognised. */
export const WORKER_MARK = 'DRAGOMAN_WORKER'

export interface ChildEnvironment {
  readonly environment: Environment
  readonly workerId: string
  /** The child's own home folder. */
  readonly home: string
  /** What it needs to reach the model: a login's variables, or the egress's address and a placeholder. */
  readonly access: Readonly<Record<string, string>>
  readonly throughEgress: boolean
}

export function childEnvironment(child: ChildEnvironment): Record<string, string> {
  const env: Record<string, string> = {}
  for (const name of child.throughEgress ? PASSED_ON : [...PASSED_ON, ...PROXY]) {
    const value = child.environment[name]
    if (value !== undefined) env[name] = value
  }
  const noProxy = [child.environment['NO_PROXY'] ?? child.environment['no_proxy'], '127.0.0.1', 'localhost']
  const exempt = noProxy.filter((host) => host !== undefined && host !== '').join(',')
  return {
    ...env,
    NO_PROXY: exempt,
    no_proxy: exempt,
    HOME: child.home,
    CLAUDE_CONFIG_DIR: join(child.home, '.claude'),
    // A process that is killed leaves its socket and a probe there: they go with the home (2.1.330).
    CLAUDE_CODE_TMPDIR: child.home,
    ...SWITCHES,
    [WORKER_MARK]: child.workerId,
    ...child.access,
  }
}
