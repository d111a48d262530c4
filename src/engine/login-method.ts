/** What a login is: the variables that a child needs, or a credential that only the egress holds. */

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
  /** For people: what was not found and is there most of the time. Turns may fail for want of it. */
  readonly missing: readonly string[]
  /** What the egress can log in with instead, so that the child needs nothing. */
  readonly egress?: { readonly upstream: string; readonly credential: Credential }
}

export type LoginResult = { readonly login: Login } | { readonly missing: string }

/**
 * Claude Code's minimal mode (`--bare`) leaves out what a text-only model call does not need, above all a reminder of
 * 1 KB that tells the model this machine's folder and system. It knows no Claude login and no OAuth token, so these go
 * without it; nothing else turns the reminder off.
 */
export const MINIMAL = { CLAUDE_CODE_SIMPLE: '1' } as const

/** A variable that is there and does not say no. */
export function isSet(value: string | undefined): value is string {
  return value !== undefined && value !== '' && value !== '0' && value !== 'false'
}
