import { createHash, timingSafeEqual } from 'node:crypto'
import { ApiError } from '../errors.ts'
import type { Principal } from '../turn/turn.ts'

/** Who a key belongs to. One configured key implements it here; a store of keys can in its place. */
export interface Authentication {
  /** False: the server asks for no key, and any that is sent is ignored. */
  readonly required: boolean
  /** The principal of a key; undefined when it is none. Takes the same time for every wrong key. */
  principalOf(key: string): Promise<Principal | undefined>
}

export interface Caller {
  readonly principal: Principal
  /** Whether it proved who it is, or need not. */
  readonly trusted: boolean
}

const ANONYMOUS: Principal = { id: 'anonymous' }

const sha256 = (text: string): Buffer => createHash('sha256').update(text).digest()

/** @param apiKey the one key that callers must send; undefined asks for none */
export function createSingleKeyAuthentication(apiKey: string | undefined): Authentication {
  if (apiKey === undefined) return { required: false, principalOf: () => Promise.resolve(undefined) }
  const expected = sha256(apiKey)
  const principal = { id: `key:${expected.toString('hex').slice(0, 12)}` }
  return {
    required: true,
    principalOf: (key) => Promise.resolve(timingSafeEqual(sha256(key), expected) ? principal : undefined),
  }
}

/** Who calls. Without a valid key where one is needed: `anonymous` and not trusted. */
export async function identify(headers: Headers, authentication: Authentication): Promise<Caller> {
  if (!authentication.required) return { principal: ANONYMOUS, trusted: true }
  const key = keyIn(headers)
  const principal = key === undefined ? undefined : await authentication.principalOf(key)
  return { principal: principal ?? ANONYMOUS, trusted: principal !== undefined }
}

/** @throws ApiError `invalid_api_key` for a caller that is not trusted; says whether a key was sent at all */
export function requireTrust(caller: Caller, headers: Headers): void {
  if (caller.trusted) return
  const sent = headers.has('authorization') || headers.has('x-api-key')
  throw new ApiError('invalid_api_key', sent ? { message: 'The API key is not valid.' } : {})
}

/** The key in the headers, never in the URL, which ends up in logs. Two that differ count as none. */
function keyIn(headers: Headers): string | undefined {
  const bearer = /^bearer +(\S+)$/i.exec(headers.get('authorization') ?? '')?.[1]
  const named = headers.get('x-api-key')?.trim() || undefined
  if (headers.has('authorization') && bearer === undefined) return undefined
  if (bearer !== undefined && named !== undefined && bearer !== named) return undefined
  return bearer ?? named
}
