import { ApiError } from '../errors.ts'
import type { Authentication, Caller } from '../keys/authentication.ts'
import type { Scope } from '../keys/grant.ts'

/** Who calls. Without a valid key where one is needed: `anonymous` and not trusted. */
export function identify(headers: Headers, authentication: Authentication): Promise<Caller> {
  return authentication.identify(keyIn(headers))
}

/** @throws ApiError for a caller that is not trusted: `invalid_api_key`, which says whether a key was sent at all, or the reason */
export function requireTrust(caller: Caller, headers: Headers): void {
  if (caller.trusted) return
  if (caller.refusal !== undefined) throw caller.refusal
  const sent = headers.has('authorization') || headers.has('x-api-key')
  throw new ApiError('invalid_api_key', sent ? { message: 'The API key is not valid.' } : {})
}

/** @throws ApiError `missing_scope` */
export function requireScope({ grant }: Caller, scope: Scope | undefined): void {
  if (scope === undefined || grant.scopes.includes(scope)) return
  const has = grant.scopes.length === 0 ? 'none' : grant.scopes.join(', ')
  throw new ApiError('missing_scope', { message: `This API key lacks the scope '${scope}'. It has: ${has}.` })
}

/** The key in the headers, never in the URL, which ends up in logs. Two that differ count as none. */
function keyIn(headers: Headers): string | undefined {
  const bearer = /^bearer +(\S+)$/i.exec(headers.get('authorization') ?? '')?.[1]
  const named = headers.get('x-api-key')?.trim() || undefined
  if (headers.has('authorization') && bearer === undefined) return undefined
  if (bearer !== undefined && named !== undefined && bearer !== named) return undefined
  return bearer ?? named
}
