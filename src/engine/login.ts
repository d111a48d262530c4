/**
 * How Claude Code logs in to a model API: found in the operator's environment, in the order in which Claude Code
 * itself prefers them. A login is the variables that a child needs, or a credential that only the egress holds.
 */
import { existsSync } from 'node:fs'
import { homedir } from 'node:os'
import { join } from 'node:path'
import type { Config, Environment } from '../config.ts'

export type LoginMethod = 'api_key' | 'auth_token' | 'oauth_token' | 'cli' | 'bedrock' | 'vertex' | 'foundry'

/** A header that proves who we are to the model API. */
export interface Credential {
  readonly header: 'x-api-key' | 'authorization'
  readonly value: string
}

export interface Login {
  readonly method: LoginMethod
  /** For people: where the login was found. Holds no secret. */
  readonly source: string
  /** What a child needs to log in by itself. */
  readonly env: Readonly<Record<string, string>>
  /** What the egress can log in with instead, so that the child needs nothing. */
  readonly egress?: { readonly upstream: string; readonly credential: Credential }
}

export type LoginResult = { readonly login: Login } | { readonly missing: string }

const DEFAULT_UPSTREAM = 'https://api.anthropic.com'

/**
 * Claude Code's minimal mode (`--bare`) leaves out what a text-only model call does not need, above all a reminder of
 * 1 KB that tells the model this machine's folder and system. It knows no Claude login and no OAuth token, so these go
 * without it; nothing else turns the reminder off.
 */
export const MINIMAL = { CLAUDE_CODE_SIMPLE: '1' } as const

const PROVIDERS = [
  { method: 'bedrock', flag: 'CLAUDE_CODE_USE_BEDROCK', prefixes: ['AWS_', 'ANTHROPIC_BEDROCK_', 'BEDROCK_'] },
  {
    method: 'vertex',
    flag: 'CLAUDE_CODE_USE_VERTEX',
    prefixes: ['GOOGLE_', 'CLOUD_ML_', 'ANTHROPIC_VERTEX_', 'VERTEX_', 'GCLOUD_'],
  },
  { method: 'foundry', flag: 'CLAUDE_CODE_USE_FOUNDRY', prefixes: ['AZURE_', 'ANTHROPIC_FOUNDRY_'] },
] as const

/** Finds the login. `home` is the operator's home folder. */
export function detectLogin(
  config: Pick<Config, 'CLAUDE_AUTH_METHOD' | 'environment'>,
  home: string = homedir(),
): LoginResult {
  const { environment } = config
  const asked = config.CLAUDE_AUTH_METHOD
  for (const provider of PROVIDERS) {
    const wanted = asked === undefined ? isSet(environment[provider.flag]) : asked === provider.method
    if (wanted) return { login: providerLogin(provider, environment) }
  }
  if (asked !== 'cli') {
    const login = keyLogin(environment)
    if (login !== undefined) return { login }
    if (asked === 'api_key')
      return { missing: 'CLAUDE_AUTH_METHOD is api_key: set ANTHROPIC_API_KEY or ANTHROPIC_AUTH_TOKEN' }
  }
  const login = oauthLogin(environment) ?? cliLogin(environment, home)
  if (login !== undefined) return { login }
  return { missing: 'run `dragoman login` or set ANTHROPIC_API_KEY or CLAUDE_CODE_OAUTH_TOKEN, then start again' }
}

function isSet(value: string | undefined): value is string {
  return value !== undefined && value !== '' && value !== '0' && value !== 'false'
}

function keyLogin(environment: Environment): Login | undefined {
  const upstream = environment['ANTHROPIC_BASE_URL'] ?? DEFAULT_UPSTREAM
  const base = environment['ANTHROPIC_BASE_URL']
  const own = base === undefined || base === '' ? {} : { ANTHROPIC_BASE_URL: base }
  const token = environment['ANTHROPIC_AUTH_TOKEN']
  if (isSet(token)) {
    return {
      method: 'auth_token',
      source: 'ANTHROPIC_AUTH_TOKEN',
      env: { ANTHROPIC_AUTH_TOKEN: token, ...MINIMAL, ...own },
      egress: {
        upstream: upstream || DEFAULT_UPSTREAM,
        credential: { header: 'authorization', value: `Bearer ${token}` },
      },
    }
  }
  const key = environment['ANTHROPIC_API_KEY']
  if (!isSet(key)) return undefined
  return {
    method: 'api_key',
    source: 'ANTHROPIC_API_KEY',
    env: { ANTHROPIC_API_KEY: key, ...MINIMAL, ...own },
    egress: { upstream: upstream || DEFAULT_UPSTREAM, credential: { header: 'x-api-key', value: key } },
  }
}

function oauthLogin(environment: Environment): Login | undefined {
  const token = environment['CLAUDE_CODE_OAUTH_TOKEN']
  if (!isSet(token)) return undefined
  const base = environment['ANTHROPIC_BASE_URL']
  return {
    method: 'oauth_token',
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
    source: inKeychain ? "Claude Code's login in the keychain" : "Claude Code's stored login",
    env: { CLAUDE_SECURESTORAGE_CONFIG_DIR: storage, ...(isSet(base) ? { ANTHROPIC_BASE_URL: base } : {}) },
  }
}

function providerLogin(provider: (typeof PROVIDERS)[number], environment: Environment): Login {
  const env: Record<string, string> = { [provider.flag]: '1', ...MINIMAL }
  for (const [name, value] of Object.entries(environment)) {
    if (value !== undefined && provider.prefixes.some((prefix) => name.startsWith(prefix))) env[name] = value
  }
  return { method: provider.method, source: provider.flag, env }
}
