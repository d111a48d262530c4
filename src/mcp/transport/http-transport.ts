/** A server somewhere else, of whose answers no more is read than so much. */
import { StreamableHTTPClientTransport } from '@modelcontextprotocol/sdk/client/streamableHttp.js'
import type { FetchLike } from '@modelcontextprotocol/sdk/shared/transport.js'
import { SaysTooMuch } from './says-too-much.ts'

export interface HttpAddress {
  readonly url: string
  readonly headers: Readonly<Record<string, string>>
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
    const response = await fetch(url, init)
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
