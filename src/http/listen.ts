/** The app behind a Node server, with the limits that Node sets for slow, large and malformed requests. */
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import { Server as NetServer } from 'node:net'
import type { Duplex } from 'node:stream'
import { getRequestListener } from '@hono/node-server'
import type { Logger } from '../log.ts'
import { connectionLimit } from './connection-limit.ts'
import { type ConnectionWatch, createConnectionWatch, endSoon } from './connection-watch.ts'
import type { App } from './mount-routes.ts'
import { checkFraming, malformedReply, type MalformedReply } from './malformed.ts'

export interface ListenOptions {
  readonly host: string
  /** 0 takes any free port. */
  readonly port: number
  /** Fail when the port is taken, instead of taking the next free one. */
  readonly strictPort: boolean
  readonly log: Logger
  /** Milliseconds after which a connection that takes nothing of its answer is cut. Default 60 s. */
  readonly stallMs?: number
}

export interface Listening {
  readonly port: number
  readonly url: string
  /** The port that was asked for was taken. */
  readonly moved: boolean
  /** Accepts no more, ends each connection with its last answer, and resolves when none is left. */
  close(): Promise<void>
  /** Closes every connection, whatever runs on it. */
  cut(): void
}

const MAX_PORT_TRIES = 50
/** No name can end in it (RFC 2606). The URL that the framework builds must not depend on a header that anybody writes. */
const PLACEHOLDER_HOST = 'dragoman.invalid'

/** A reader that takes nothing for so long is gone, and what waits for it in memory goes too. */
const STALL_MS = 60_000

const LIMITS = {
  headersTimeout: 10_000,
  requestTimeout: 60_000,
  keepAliveTimeout: 5_000,
  connectionsCheckingInterval: 2_000,
  maxHeaderSize: 16 * 1024,
  // The pipeline refuses a missing Host in the shape of our errors; Node's own refusal is an empty 400.
  requireHostHeader: false,
} as const

/** @throws the server's own error when it cannot listen, such as EADDRINUSE for a strict port */
export async function listen(app: App, options: ListenOptions): Promise<Listening> {
  const { host, port, strictPort, log, stallMs = STALL_MS } = options
  const watch = createConnectionWatch()
  const server = createHttpServer(app, watch, { log, stallMs })
  const actual = await bind(server, host, port, strictPort || port === 0 ? 1 : MAX_PORT_TRIES)
  // Running out of file descriptors is reported here. Unheard, it would end the process.
  server.on('error', (error) => log.error({ err: error }, 'cannot accept a connection'))
  server.maxConnections = connectionLimit()
  warnOfDrops(server, log)
  const name = host === '0.0.0.0' || host === '::' ? 'localhost' : host
  return {
    port: actual,
    url: `http://${name.includes(':') ? `[${name}]` : name}:${actual}`,
    moved: port !== 0 && actual !== port,
    close: () =>
      new Promise((resolve) => {
        // The HTTP server's own close cuts answers that are not read yet.
        NetServer.prototype.close.call(server, () => {
          server.close()
          resolve()
        })
        watch.end()
      }),
    cut: () => server.closeAllConnections(),
  }
}

/** Says at most once a minute that connections are refused. */
function warnOfDrops(server: Server, log: Logger): void {
  let quietUntil = 0
  server.on('drop', () => {
    if (performance.now() < quietUntil) return
    quietUntil = performance.now() + 60_000
    log.warn({ limit: server.maxConnections }, 'connections are refused: as many as may be are open')
  })
}

interface Serving {
  readonly log: Logger
  readonly stallMs: number
}

function createHttpServer(app: App, watch: ConnectionWatch, { log, stallMs }: Serving): Server {
  const answerMalformed = (error: unknown): MalformedReply => {
    const reply = malformedReply(error)
    log.info({ requestId: reply.id, status: reply.status, cause: String(error) }, 'malformed request')
    return reply
  }
  const answer = getRequestListener(app.fetch, {
    overrideGlobalObjects: false,
    errorHandler: (error) => {
      const { status, headers, body } = answerMalformed(error)
      return new Response(body, { status, headers })
    },
  })
  const onRequest = (incoming: IncomingMessage, outgoing: ServerResponse): void => {
    if (!watch.begin(incoming, outgoing)) {
      log.info({ cause: 'too many requests at once on a connection' }, 'malformed request')
      incoming.socket.destroy()
      return
    }
    const problem = checkFraming(incoming)
    if (problem !== undefined) {
      const { status, headers, body } = answerMalformed(problem)
      outgoing.writeHead(status, headers).end(body)
      return
    }
    incoming.headers.host = PLACEHOLDER_HOST
    void answer(incoming, outgoing)
  }
  const server = createServer(LIMITS, onRequest)
  server.on('connection', (socket) => {
    watch.open(socket)
    // A listener for each request under way: a caller that pipelines has many, which Node would take for a leak.
    socket.setMaxListeners(0)
  })
  // Node's own answer to an unknown expectation is an empty 417; a server may ignore it (RFC 9110, 10.1.1).
  server.on('checkExpectation', onRequest)
  const refuse = (error: Error, socket: Duplex): void => {
    if (!socket.writable || !watch.mayAnswer(socket)) socket.destroy()
    else endSoon(socket, answerMalformed(error).text)
  }
  server.on('clientError', refuse)
  // Node hands the connection over, and would close it without a word.
  server.on('connect', ({ method }, socket) => {
    socket.on('error', () => undefined)
    refuse(new Error(`${method} is for proxies`), socket)
  })
  // Silence alone is no fault: a model may think for minutes. It also ends connections that are kept for another request.
  server.setTimeout(stallMs, (socket) => {
    if (socket.writableLength > 0 || !watch.isBusy(socket)) socket.destroy()
  })
  return server
}

async function bind(server: Server, host: string, first: number, tries: number): Promise<number> {
  for (let port = first; ; port += 1) {
    try {
      return await bindOnce(server, host, port)
    } catch (error) {
      const isTaken = error instanceof Error && 'code' in error && error.code === 'EADDRINUSE'
      if (!isTaken || port + 1 >= first + tries || port >= 65_535) throw error
    }
  }
}

function bindOnce(server: Server, host: string, port: number): Promise<number> {
  return new Promise((resolve, reject) => {
    server.once('error', reject)
    server.listen(port, host, () => {
      server.off('error', reject)
      const address = server.address()
      resolve(typeof address === 'object' && address !== null ? address.port : port)
    })
  })
}
