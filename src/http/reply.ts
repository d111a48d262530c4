/** What an endpoint answers with. The pipeline adds the headers that every answer has and sends it. */
export type Reply = DocumentReply | EventsReply

/** A whole answer. */
export interface DocumentReply {
  readonly kind: 'document'
  readonly status: number
  readonly contentType: string
  readonly body: string
}

/** A stream of server-sent events, one for each value, ended by `[DONE]`. */
export interface EventsReply {
  readonly kind: 'events'
  /** Ends or throws as soon as the request's signal aborts. */
  readonly events: AsyncIterable<unknown>
}

export function jsonReply(value: unknown, status = 200): DocumentReply {
  return { kind: 'document', status, contentType: 'application/json', body: JSON.stringify(value) }
}

export function htmlReply(html: string): DocumentReply {
  return { kind: 'document', status: 200, contentType: 'text/html; charset=utf-8', body: html }
}

export function eventsReply(events: AsyncIterable<unknown>): EventsReply {
  return { kind: 'events', events }
}
