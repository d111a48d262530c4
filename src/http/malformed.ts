import { randomUUID } from 'node:crypto'
import { STATUS_CODES, type IncomingMessage } from 'node:http'
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

/** Node leaves out what comes after the thousandth without a word, such as what a proxy adds. */
const MOST_HEADERS = 100
const TOO_MANY_HEADERS = 'DRAGOMAN_TOO_MANY_HEADERS'

/**
 * What Node's parser lets pass and two readers could read differently: a coding besides `chunked`, which Node ignores, a
 * coding in HTTP/1.0, which has none, and headers that are left out.
 */
export function checkFraming({ rawHeaders, headers, httpVersion }: IncomingMessage): Error | undefined {
  if (rawHeaders.length > MOST_HEADERS * 2)
    return Object.assign(new Error('too many headers'), { code: TOO_MANY_HEADERS })
  const coding = headers['transfer-encoding']
  if (coding === undefined) return undefined
  if (httpVersion === '1.0' || coding.trim().toLowerCase() !== 'chunked') return new Error('unknown transfer coding')
  return undefined
}

/** What Node's parser reports, in HTTP's own status where there is one. */
const STATUSES: Readonly<Record<string, readonly [status: number, message: string]>> = {
  HPE_HEADER_OVERFLOW: [431, 'The request headers are too large.'],
  [TOO_MANY_HEADERS]: [431, `The request has more than ${MOST_HEADERS} headers.`],
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
