/**
 * How Claude Code logs in to a model API: found in the operator's environment, in the order in which Claude Code
 * itself prefers them.
 */
import { existsSync } from 'node:fs'
import { homedir } from 'node:os'
import { join } from 'node:path'
import type { Config, Environment } from '../config.ts'
import { isSet, type Login, type LoginResult, MINIMAL } from './login-method.ts'
import { detectProvider } from './provider-login.ts'

const DEFAULT_UPSTREAM = 'https://api.anthropic.com'

/** Finds the login. `home` is the operator's home folder. */
export function detectLogin(
  config: Pick<Config, 'CLAUDE_AUTH_METHOD' | 'environment'>,
  home: string = homedir(),
): LoginResult {
  const { environment } = config
  const asked = config.CLAUDE_AUTH_METHOD
  const provider = detectProvider(environment, asked, home)
  if (provider !== undefined) return provider
  const problem = variableProblem(environment, asked)
  if (problem !== undefined) return { missing: problem }
  if (asked !== 'cli') {
    const login = keyLogin(environment)
    if (login !== undefined) return { login }
    if (asked === 'api_key')
      return {
        missing: 'CLAUDE_AUTH_METHOD is api_key: set ANTHROPIC_API_KEY or ANTHROPIC_AUTH_TOKEN, then start again',
      }
  }
  const login = oauthLogin(environment) ?? cliLogin(environment, home)
  if (login !== undefined) return { login }
  if (asked === 'cli')
    return {
      missing: 'CLAUDE_AUTH_METHOD is cli: run `dragoman login`, or set CLAUDE_CODE_OAUTH_TOKEN and start again',
    }
  return { missing: 'run `dragoman login`, or set ANTHROPIC_API_KEY or CLAUDE_CODE_OAUTH_TOKEN and start again' }
}

/** A token of a Claude account. Sent as a key it is refused, and the refusal does not say why. */
const OAUTH_TOKEN = 'sk-ant-oat'

/** What cannot work as it is set. */
function variableProblem(environment: Environment, asked: Config['CLAUDE_AUTH_METHOD']): string | undefined {
  const base = environment['ANTHROPIC_BASE_URL']
  if (base !== undefined && base !== '' && !/^https?:$/.test(protocolOf(base)))
    return 'ANTHROPIC_BASE_URL is no http or https URL: mend it and start again'
  const isKeyUsed = asked !== 'cli' && !isSet(environment['ANTHROPIC_AUTH_TOKEN'])
  if (isKeyUsed && environment['ANTHROPIC_API_KEY']?.startsWith(OAUTH_TOKEN) === true)
    return 'ANTHROPIC_API_KEY holds the token of a Claude account: set it as CLAUDE_CODE_OAUTH_TOKEN and start again'
  return undefined
}

function protocolOf(url: string): string {
  return URL.canParse(url) ? new URL(url).protocol : ''
}

function keyLogin(environment: Environment): Login | undefined {
  const base = environment['ANTHROPIC_BASE_URL'] ?? ''
  const upstream = base === '' ? DEFAULT_UPSTREAM : base
  const own = base === '' ? {} : { ANTHROPIC_BASE_URL: base }
  const token = environment['ANTHROPIC_AUTH_TOKEN']
  if (isSet(token)) {
    return {
      method: 'auth_token',
      missing: [],
      source: base === '' ? 'ANTHROPIC_AUTH_TOKEN' : 'ANTHROPIC_AUTH_TOKEN with ANTHROPIC_BASE_URL',
      env: { ANTHROPIC_AUTH_TOKEN: token, ...MINIMAL, ...own },
      egress: {
        upstream,
        credential: { header: 'authorization', value: `Bearer ${token}` },
      },
    }
  }
  const key = environment['ANTHROPIC_API_KEY']
  if (!isSet(key)) return undefined
  return {
    method: 'api_key',
    missing: [],
    source: 'ANTHROPIC_API_KEY',
    env: { ANTHROPIC_API_KEY: key, ...MINIMAL, ...own },
    egress: { upstream, credential: { header: 'x-api-key', value: key } },
  }
}

function oauthLogin(environment: Environment): Login | undefined {
  const token = environment['CLAUDE_CODE_OAUTH_TOKEN']
  if (!isSet(token)) return undefined
  const base = environment['ANTHROPIC_BASE_URL']
  return {
    method: 'oauth_token',
    missing: [],
    source: 'CLAUDE_CODE_OAUTH_TOKEN',
    env: { CLAUDE_CODE_OAUTH_TOKEN: token, ...(isSet(base) ? { ANTHROPIC_BASE_URL: base } : {}) },
  }
}

/**
 * The login that `claude` made. The child keeps a home and config folder of its own and reads just the stored login
 * from the operator's folder, so that a token it refreshes is the operator's too and nothing else there is touched.
 */
function cliLogin(environment: Environment, home: string): Login | undefined {
  const folder = environment['CLAUDE_CONFIG_DIR'] ?? join(home, '.claude')
  const stored = existsSync(join(folder, '.credentials.json'))
  // macOS keeps it in the keychain, under a name without a folder's mark when the folder is the usual one: an empty value says so.
  const inKeychain = process.platform === 'darwin' && !stored
  if (!stored && !(inKeychain && existsSync(folder))) return undefined
  const storage = inKeychain && environment['CLAUDE_CONFIG_DIR'] === undefined ? '' : folder
  const base = environment['ANTHROPIC_BASE_URL']
  return {
    method: 'cli',
    missing: [],
    source: inKeychain ? "Claude Code's login in the keychain" : "Claude Code's stored login",
    env: { CLAUDE_SECURESTORAGE_CONFIG_DIR: storage, ...(isSet(base) ? { ANTHROPIC_BASE_URL: base } : {}) },
  }
}
