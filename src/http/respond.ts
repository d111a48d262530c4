/** A reply as it goes out. */
import type { ApiError } from '../errors.ts'
import type { Connection } from './connection.ts'
import { errorBody } from './error-reply.ts'
import { openEventStream } from './event-stream.ts'
import type { Exchange } from './exchange.ts'
import type { DocumentReply, EventsReply } from './reply.ts'
import type { RequestLifetime } from './request-lifetime.ts'
import { setAll } from './set-all.ts'

export interface EventsAnswer {
  readonly connection: Connection
  readonly exchange: Exchange
  readonly lifetime: RequestLifetime
  readonly heartbeatMs: number
  settle(status: number, failure?: ApiError): void
  explain(error: unknown): ApiError
}

/** Waits for the first event, or the first silence. @throws what comes before either */
export async function eventsResponse({ events }: EventsReply, answer: EventsAnswer): Promise<Response> {
  const { connection, exchange, lifetime, heartbeatMs, settle, explain } = answer
  const stream = await openEventStream(events, {
    heartbeatMs,
    renderError: (error) => errorBody(explain(error)),
    onEnd: (error) => settle(200, error === undefined ? undefined : explain(error)),
    onLeave: () => {
      lifetime.leave()
      connection.cut()
      settle(200, explain(undefined))
    },
  })
  exchange.stamp()
  setAll(exchange.headers, {
    'content-type': 'text/event-stream; charset=utf-8',
    'cache-control': 'no-cache',
    // Proxies of the nginx kind would hold events back.
    'x-accel-buffering': 'no',
    // Several clients read on until the connection closes, also after [DONE].
    connection: 'close',
  })
  return new Response(stream, { status: 200, headers: exchange.headers })
}

export function documentResponse(document: DocumentReply, exchange: Exchange): Response {
  exchange.stamp()
  if (document.status === 204) return new Response(null, { status: 204, headers: exchange.headers })
  setAll(exchange.headers, { 'content-type': document.contentType, 'cache-control': 'no-store' })
  return new Response(document.body, { status: document.status, headers: exchange.headers })
}
