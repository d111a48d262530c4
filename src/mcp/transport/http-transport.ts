/** A server somewhere else, of whose answers no more is read than so much, and which sends us nowhere else. */
import { StreamableHTTPClientTransport } from '@modelcontextprotocol/sdk/client/streamableHttp.js'
import type { FetchLike } from '@modelcontextprotocol/sdk/shared/transport.js'
import { SaysTooMuch } from './says-too-much.ts'

export interface HttpAddress {
  readonly url: string
  readonly headers: Readonly<Record<string, string>>
  /** Of all answers together. */
  readonly mostBytes: number
}

/** One attempt: what fails is told, not tried again. */
const NO_RETRIES = {
  maxRetries: 0,
  initialReconnectionDelay: 1000,
  maxReconnectionDelay: 1000,
  reconnectionDelayGrowFactor: 1,
}

export function createHttpTransport({ url, headers, mostBytes }: HttpAddress): StreamableHTTPClientTransport {
  return new StreamableHTTPClientTransport(new URL(url), {
    requestInit: { headers: { ...headers } },
    fetch: boundedFetch(mostBytes),
    reconnectionOptions: NO_RETRIES,
  })
}

function boundedFetch(mostBytes: number): FetchLike {
  let left = mostBytes
  return async (url, init) => {
    const response = await fetchThere(new URL(url), init)
    if (response.body === null) return response
    const bounded = new TransformStream<Uint8Array, Uint8Array>({
      transform(chunk, controller) {
        left -= chunk.byteLength
        if (left < 0) controller.error(new SaysTooMuch())
        else controller.enqueue(chunk)
      },
    })
    const { status, statusText, headers } = response
    return new Response(response.body.pipeThrough(bounded), { status, statusText, headers })
  }
}

/** From `/mcp` to `/mcp/`. */
const MOST_REDIRECTS = 2

/**
 * A redirect is followed on the same host alone. Elsewhere the headers would go along, with the secrets in them, and the server could
 * have us ask addresses that only we reach.
 */
async function fetchThere(url: URL, init: RequestInit | undefined): Promise<Response> {
  let at = url
  for (let redirects = 0; ; redirects += 1) {
    const response = await fetch(at, { ...init, redirect: 'manual' })
    const next = redirectOf(response, at)
    if (next === undefined || next.origin !== url.origin || redirects >= MOST_REDIRECTS) return response
    await response.body?.cancel()
    at = next
  }
}

/** Those alone that leave the request as it is. */
function redirectOf({ status, headers }: Response, from: URL): URL | undefined {
  const location = headers.get('location')
  if ((status !== 307 && status !== 308) || location === null || !URL.canParse(location, from.href)) return undefined
  return new URL(location, from)
}
