/** The Messages API's outside on loopback: routes, body, validation. What a call gets for an answer is the caller's business. */
import { randomUUID } from 'node:crypto'
import { once } from 'node:events'
import { createServer, type IncomingHttpHeaders, type IncomingMessage, type ServerResponse } from 'node:http'
import { invalid, problem } from './api-problem.ts'
import { createReply, type Reply } from './reply.ts'
import { type Checked, validateRequest } from './validate-request.ts'

/** One `POST /v1/messages` with its body read and checked. */
export interface MessagesCall {
  /** With the query. */
  readonly path: string
  readonly headers: IncomingHttpHeaders
  readonly rawBody: string
  /** The parsed body; nothing where it is not JSON. */
  readonly body: unknown
  readonly checked: Checked
  readonly reply: Reply
  readonly response: ServerResponse
  /** Aborts when the caller leaves before the answer is complete. */
  readonly signal: AbortSignal
}

export interface MessagesApiOptions {
  /** 0, the default, takes any free one. */
  readonly port?: number
  /** Answers a call. What it throws is a 500, or in mid-answer the end of the connection. */
  readonly onCall: (call: MessagesCall) => void | Promise<void>
  /** Hears of every request that is not a call. */
  readonly onStray?: (method: string, path: string) => void
}

export interface MessagesApi {
  /** `http://127.0.0.1:PORT` */
  readonly url: string
  readonly port: number
  /** Stops listening and cuts what is still open. */
  close(): Promise<void>
}

/** As the real API has it. */
const MOST_BODY_BYTES = 32 * 1024 * 1024

export async function startMessagesApi({ port = 0, onCall, onStray }: MessagesApiOptions): Promise<MessagesApi> {
  const server = createServer((request, response) => {
    const leave = new AbortController()
    response.on('close', () => {
      if (!response.writableFinished) leave.abort(new Error('the caller has left'))
    })
    const handled = isCall(request)
      ? answerCall(request, response, leave.signal, onCall)
      : answerStray(request, response, onStray)
    handled.catch(() => response.destroy())
  })
  server.listen(port, '127.0.0.1')
  await once(server, 'listening')
  const address = server.address()
  if (address === null || typeof address === 'string') throw new Error('the demo model listens on no port')
  return {
    url: `http://127.0.0.1:${address.port}`,
    port: address.port,
    async close() {
      const closed = once(server, 'close')
      server.close()
      server.closeAllConnections()
      await closed
    },
  }
}

function isCall({ method, url }: IncomingMessage): boolean {
  return method === 'POST' && pathOf(url) === '/v1/messages'
}

function pathOf(url = '/'): string {
  return url.split('?', 1)[0] ?? url
}

async function answerCall(
  request: IncomingMessage,
  response: ServerResponse,
  signal: AbortSignal,
  onCall: MessagesApiOptions['onCall'],
): Promise<void> {
  const reply = createReply(response, signal, newRequestId())
  const rawBody = await readBody(request)
  if (rawBody === undefined) return reply.problem(problem(413, 'Request exceeds the maximum allowed number of bytes.'))
  const { body, checked } = check(rawBody)
  const call = { path: request.url ?? '/', headers: request.headers, rawBody, body, checked, reply, response, signal }
  try {
    await onCall(call)
  } catch (error) {
    if (response.headersSent || signal.aborted) throw error
    reply.problem(problem(500, `Internal server error: ${String(error)}`))
  }
}

/** Nothing when the body is too large. It is read to its end all the same: who still sends does not listen. */
async function readBody(request: IncomingMessage): Promise<string | undefined> {
  const chunks: Buffer[] = []
  let bytes = 0
  for await (const chunk of request) {
    const buffer = Buffer.from(chunk)
    bytes += buffer.length
    if (bytes > MOST_BODY_BYTES) chunks.length = 0
    else chunks.push(buffer)
  }
  return bytes > MOST_BODY_BYTES ? undefined : Buffer.concat(chunks).toString('utf8')
}

function check(rawBody: string): { body: unknown; checked: Checked } {
  try {
    const body: unknown = JSON.parse(rawBody)
    return { body, checked: validateRequest(body) }
  } catch (error) {
    if (!(error instanceof SyntaxError)) throw error
    return { body: undefined, checked: { problem: invalid('The request body is not valid JSON.') } }
  }
}

async function answerStray(
  request: IncomingMessage,
  response: ServerResponse,
  onStray: MessagesApiOptions['onStray'],
): Promise<void> {
  const method = request.method ?? 'GET'
  const path = pathOf(request.url)
  onStray?.(method, request.url ?? '/')
  request.resume()
  const requestId = newRequestId()
  // Claude Code looks whether anybody is there before it talks.
  if (method === 'HEAD' && path === '/') response.writeHead(200, { 'request-id': requestId }).end()
  else
    createReply(response, new AbortController().signal, requestId).problem(problem(404, `Not found: ${method} ${path}`))
}

function newRequestId(): string {
  return `req_${randomUUID().replaceAll('-', '')}`
}
