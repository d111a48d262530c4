/**
 * Which web pages may call: those this server sent itself, and the listed origins. What has neither `Origin` nor a word of
 * where a browser asks from (https://www.w3.org/TR/fetch-metadata) comes from no page.
 */
import { ApiError } from '../errors.ts'

const ALLOWED_HEADER =
  /^(?:accept|authorization|content-type|idempotency-key|session-id|user-agent|x-api-key|x-client-request-id|(?:x-stainless|x-claude|openai|anthropic)-[a-z0-9-]+)$/
const EXPOSED = [
  'x-request-id',
  'openai-processing-ms',
  'openai-version',
  'x-dragoman-ignored',
  'idempotent-replayed',
  'retry-after',
  'x-should-retry',
  'x-ratelimit-limit-requests',
  'x-ratelimit-remaining-requests',
  'x-ratelimit-reset-requests',
].join(', ')

export interface OriginGuard {
  /** The headers that let a listed origin read the answer; none for others. Throws `forbidden_origin`. */
  check(headers: Headers): Readonly<Record<string, string>>
  /** The further headers of the answer to a preflight; undefined when the request is none. */
  preflight(headers: Headers, allow: string): Readonly<Record<string, string>> | undefined
}

/** @param listed origins such as `https://app.example.com`; `*` lists all */
export function createOriginGuard(listed: readonly string[]): OriginGuard {
  const origins = new Set(listed.map((origin) => origin.toLowerCase().replace(/\/$/, '')))

  return {
    check(headers) {
      const origin = headers.get('origin')
      if (origin === null) {
        if (isForeignPart(headers) && !origins.has('*')) throw new ApiError('forbidden_origin')
        return {}
      }
      if (origins.has('*') || origins.has(origin.toLowerCase())) {
        return { 'access-control-allow-origin': origin, 'access-control-expose-headers': EXPOSED, vary: 'origin' }
      }
      if (isSameOrigin(origin, headers.get('host'))) return {}
      throw new ApiError('forbidden_origin')
    },

    preflight(headers, allow) {
      if (headers.get('origin') === null || headers.get('access-control-request-method') === null) return undefined
      const wanted = (headers.get('access-control-request-headers') ?? '').toLowerCase().split(',')
      const granted = wanted.map((name) => name.trim()).filter((name) => ALLOWED_HEADER.test(name))
      return {
        'access-control-allow-methods': allow,
        'access-control-allow-headers': granted.join(', '),
        'access-control-max-age': '600',
        // Chrome asks before a public page may reach a private address.
        ...(headers.has('access-control-request-private-network') && {
          'access-control-allow-private-network': 'true',
        }),
      }
    },
  }
}

/** An image, a script, a frame of a foreign page: a browser asks for them without naming the page. A link is followed by a person. */
function isForeignPart(headers: Headers): boolean {
  const site = headers.get('sec-fetch-site')
  if (site === null || site === 'none' || site === 'same-origin') return false
  return headers.get('sec-fetch-mode') !== 'navigate' || headers.get('sec-fetch-dest') !== 'document'
}

/** The scheme is not compared: behind a proxy that ends TLS the page is https and this server is not. */
function isSameOrigin(origin: string, host: string | null): boolean {
  if (host === null || !URL.canParse(origin) || !URL.canParse(`http://${host}`)) return false
  const { protocol, host: page } = new URL(origin)
  return /^https?:$/.test(protocol) && page === new URL(`${protocol}//${host}`).host
}
