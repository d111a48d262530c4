/** One model call on its way to the model API and back. */
import type { IncomingHttpHeaders, IncomingMessage, ServerResponse } from 'node:http'
import type { Readable } from 'node:stream'
import type { Dispatcher } from 'undici'
import type { CallCount } from '../call-count.ts'
import type { Credential } from '../login-method.ts'
import { refuse } from './refuse.ts'
import { createAnswerTap } from './answer-tap.ts'
import { createStreamTap } from './stream-tap.ts'
import { readError, readRetryAfter } from './upstream-answer.ts'
import type { UpstreamFacts } from './upstream-facts.ts'

export interface WayOut {
  readonly upstream: string
  readonly credential: Credential
  readonly dispatcher: Dispatcher
}

/** An error answer is small; what is longer is not kept. */
const ERROR_KEPT_BYTES = 64 * 1024

/** Headers that belong to one connection, or that we set. Compression is off so that errors can be read. */
const NOT_FORWARDED = new Set([
  'host',
  'connection',
  'keep-alive',
  'transfer-encoding',
  'content-length',
  'x-api-key',
  'authorization',
  'accept-encoding',
  'expect',
  'te',
  'upgrade',
  'proxy-authorization',
])
const NOT_RETURNED = new Set(['connection', 'keep-alive', 'transfer-encoding', 'upgrade', 'trailer'])

export interface KeptAnswer {
  readonly status: number
  readonly headers: Record<string, string | string[]>
  readonly body: Buffer
}

export type Mutable<T> = { -readonly [Key in keyof T]: T[Key] }

export interface Forwarding extends WayOut {
  readonly request: IncomingMessage
  /** What goes out: the request's own body. */
  readonly body: Readable
  readonly response: ServerResponse
  readonly facts: Mutable<UpstreamFacts>
  readonly count: CallCount
  readonly abort: AbortSignal
  readonly keep: (answer: KeptAnswer) => void
}

/** An error answer is kept whole. */
async function forward({ request, body, response, facts, count, abort, keep, ...options }: Forwarding): Promise<void> {
  const left = new AbortController()
  response.once('close', () => left.abort())
  // It is read as it is written out, but for a call that has failed: what is left of that goes nowhere.
  body.once('end', () => {
    if (facts.connectionError !== undefined) return
    facts.isSent = true
    count.send()
  })
  const upstream = new URL(options.upstream)
  const answered = await options.dispatcher.request({
    origin: upstream.origin,
    path: upstream.pathname.replace(/\/$/, '') + messagesPath(request),
    method: 'POST',
    headers: forwardedHeaders(request.headers, options.credential),
    body,
    signal: AbortSignal.any([abort, left.signal]),
  })
  facts.status = answered.statusCode
  const requestId = answered.headers['request-id']
  if (typeof requestId === 'string') facts.requestId = requestId
  const headers = returnedHeaders(answered.headers)
  if (answered.statusCode >= 300) count.refuse()
  if (answered.statusCode >= 400) {
    const retryAfter = readRetryAfter(answered.headers)
    if (retryAfter !== undefined) facts.retryAfterSeconds = retryAfter
    const problem = await readUpTo(answered.body, ERROR_KEPT_BYTES)
    facts.error = readError(problem.toString('utf8'))
    const first = { status: answered.statusCode, headers, body: problem }
    keep(first)
    answer(response, first)
    return
  }
  response.writeHead(answered.statusCode, headers)
  const onError = (error: UpstreamFacts['error']): void => {
    if (!count.hasBegun) count.refuse()
    if (error !== undefined) facts.error = error
  }
  const isWhole = answered.statusCode < 300 && isJson(answered.headers)
  const tap = isWhole ? createAnswerTap(count) : createStreamTap(count, onError)
  await pipe(answered.body, response, (chunk) => {
    tap.hear(chunk)
    facts.heardAt = performance.now()
  })
  tap.end()
}

function isJson(headers: Record<string, string | string[] | undefined>): boolean {
  return String(headers['content-type']).startsWith('application/json')
}

/** The path below the lane's secret one, query included. */
function messagesPath(request: IncomingMessage): string {
  const url = request.url ?? ''
  return url.slice(url.indexOf('/', 1))
}

function forwardedHeaders(headers: IncomingHttpHeaders, credential: Credential): Record<string, string | string[]> {
  const forwarded: Record<string, string | string[]> = {}
  for (const [name, value] of Object.entries(headers)) {
    if (value !== undefined && !NOT_FORWARDED.has(name)) forwarded[name] = value
  }
  const length = headers['content-length']
  if (length !== undefined) forwarded['content-length'] = length
  forwarded['accept-encoding'] = 'identity'
  forwarded[credential.header] = credential.value
  return forwarded
}

function returnedHeaders(headers: Record<string, string | string[] | undefined>): Record<string, string | string[]> {
  const returned: Record<string, string | string[]> = {}
  for (const [name, value] of Object.entries(headers)) {
    if (value !== undefined && !NOT_RETURNED.has(name)) returned[name] = value
  }
  return returned
}

export function answer(response: ServerResponse, { status, headers, body }: KeptAnswer): void {
  if (response.headersSent || response.destroyed) return
  response.writeHead(status, { ...headers, 'content-length': String(body.length), 'x-should-retry': 'false' })
  response.end(body)
}

async function readUpTo(body: AsyncIterable<Uint8Array>, most: number): Promise<Buffer> {
  const kept: Uint8Array[] = []
  let length = 0
  for await (const chunk of body) {
    kept.push(chunk.subarray(0, most - length))
    length += chunk.length
    if (length >= most) break
  }
  return Buffer.concat(kept)
}

async function pipe(
  body: Dispatcher.ResponseData['body'],
  response: ServerResponse,
  hear: (chunk: Uint8Array) => void,
): Promise<void> {
  for await (const chunk of body) {
    hear(chunk)
    if (!response.write(chunk) && !response.destroyed) await drained(response)
    if (response.destroyed) return
  }
  response.end()
}

/** Resolves when more can be written, or nothing ever will. */
function drained(response: ServerResponse): Promise<void> {
  return new Promise((resolve) => {
    const settle = (): void => {
      response.off('drain', settle)
      response.off('close', settle)
      resolve()
    }
    response.once('drain', settle)
    response.once('close', settle)
  })
}

/** Never throws. */
export async function forwardCall(forwarding: Forwarding): Promise<void> {
  const { response, facts } = forwarding
  await forward(forwarding).catch((error: unknown) => fail(response, facts, error))
}

/** The connection to the model API failed: before the status the child gets an error, after it a broken stream. */
function fail(response: ServerResponse, facts: Mutable<UpstreamFacts>, error: unknown): void {
  const reason = error instanceof Error && 'code' in error ? String(error.code) : String(error)
  if (facts.status === undefined) facts.connectionError = reason
  if (response.headersSent) response.destroy()
  else refuse(response, 502, 'api_error', 'The model API could not be reached.')
}
