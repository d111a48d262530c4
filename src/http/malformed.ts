import { randomUUID } from 'node:crypto'
import { STATUS_CODES } from 'node:http'
import { ApiError } from '../errors.ts'
import { errorBody, errorHeaders } from './error-reply.ts'
import { OPENAI_VERSION } from './exchange.ts'

/** An answer to bytes that never became a request, so that no route, guard or handler sees them. */
export interface MalformedReply {
  readonly id: string
  readonly status: number
  readonly headers: Readonly<Record<string, string>>
  readonly body: string
  /** All of it as it goes over the wire. */
  readonly text: string
}

/** What Node's parser reports, in HTTP's own status where there is one. */
const STATUSES: Readonly<Record<string, readonly [status: number, message: string]>> = {
  HPE_HEADER_OVERFLOW: [431, 'The request headers are too large.'],
  ERR_HTTP_REQUEST_TIMEOUT: [408, 'The request took too long to arrive.'],
}

export function malformedReply(error: unknown): MalformedReply {
  const code = error instanceof Error && 'code' in error && typeof error.code === 'string' ? error.code : ''
  const [status, message] = STATUSES[code] ?? [400, undefined]
  const failure = new ApiError('bad_request', message === undefined ? {} : { message })
  const id = `req_${randomUUID().replaceAll('-', '')}`
  const body = JSON.stringify(errorBody(failure))
  const headers = {
    'content-type': 'application/json',
    'content-length': String(Buffer.byteLength(body)),
    'x-request-id': id,
    'openai-version': OPENAI_VERSION,
    'openai-processing-ms': '0',
    'x-content-type-options': 'nosniff',
    'cache-control': 'no-store',
    connection: 'close',
    ...errorHeaders(failure),
  }
  const lines = Object.entries(headers).map(([name, value]) => `${name}: ${value}\r\n`)
  const text = `HTTP/1.1 ${status} ${STATUS_CODES[status] ?? ''}\r\n${lines.join('')}\r\n${body}`
  return { id, status, headers, body, text }
}
