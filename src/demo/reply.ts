/** Writes one answer to one call: a problem, a whole message, or a stream of server-sent events. */
import { once } from 'node:events'
import type { ServerResponse } from 'node:http'
import { type ApiProblem, problemBody } from './api-problem.ts'
import type { StreamEvent, WireMessage } from './message-events.ts'

export interface Reply {
  readonly requestId: string
  problem(problem: ApiProblem, headers?: Readonly<Record<string, string>>): void
  message(message: WireMessage): void
  /** Sends the headers of a stream. */
  startStream(): void
  /** Sends one event in one write. Waits while the caller reads slowly; rejects when the caller has left. */
  event(event: StreamEvent): Promise<void>
  /** Sends an `error` event: the way the API fails once a stream has begun. */
  errorEvent(problem: Pick<ApiProblem, 'type' | 'message'>): Promise<void>
  end(): void
}

/** @param signal aborts when the caller leaves */
export function createReply(response: ServerResponse, signal: AbortSignal, requestId: string): Reply {
  const json = (status: number, body: unknown, headers: Readonly<Record<string, string>> = {}): void => {
    response.writeHead(status, { 'content-type': 'application/json', 'request-id': requestId, ...headers })
    response.end(JSON.stringify(body))
  }
  const send = async (type: string, data: unknown): Promise<void> => {
    signal.throwIfAborted()
    const flowing = response.write(`event: ${type}\ndata: ${JSON.stringify(data)}\n\n`)
    if (!flowing) await once(response, 'drain', { signal })
  }
  return {
    requestId,
    problem: (problem, headers) => json(problem.status, problemBody(problem, requestId), headers),
    message: (message) => json(200, message),
    startStream() {
      response.writeHead(200, {
        'content-type': 'text/event-stream; charset=utf-8',
        'cache-control': 'no-cache',
        'request-id': requestId,
      })
      response.flushHeaders()
    },
    event: (event) => send(event.type, event),
    errorEvent: (problem) => send('error', problemBody(problem, requestId)),
    end: () => void response.end(),
  }
}
