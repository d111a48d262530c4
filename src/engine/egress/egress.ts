/**
 * The way out: a loopback server that children talk to instead of the model API. It holds the credential, so that no
 * child has it; lets one model call of a turn through and no other request at all; and sees the truth of that call.
 * It changes no body.
 */
import { randomBytes } from 'node:crypto'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import { type Dispatcher, EnvHttpProxyAgent } from 'undici'
import type { Environment } from '../../config.ts'
import type { Credential } from '../login-method.ts'
import { type LaneSocket, openLaneSocket } from './lane-socket.ts'
import { refuse } from './refuse.ts'
import { createRehearsalGate } from './rehearsal-gate.ts'
import { createToolGate, type ToolGateOptions } from './tool-gate.ts'
import { createTurnGate, type TurnGate } from './turn-gate.ts'

export interface Egress {
  /** A way out for one child. */
  openLane(): Lane
  /** The port of the way out. */
  readonly port: number
  close(): Promise<void>
}

export interface Lane {
  /** What the child takes for the model API: an address with a secret path. */
  readonly baseUrl: string
  /** Lets the next model call through, and only that, until the gate is closed; of a turn with tools, its calls. */
  openGate(withTools?: ToolGateOptions): TurnGate
  /** Answers the next model calls itself, until the gate is closed. */
  openRehearsal(): TurnGate
  /** The same way out as a socket file, for a process that has no network. It is made in `folder`, which is ours. */
  socket(folder: string): Promise<string>
  close(): void
}

export interface EgressOptions {
  /** The model API, such as `https://api.anthropic.com`; a path is kept as a prefix. */
  readonly upstream: string
  readonly credential: Credential
  /** For the proxy variables. */
  readonly environment: Environment
  /** Milliseconds for connecting to the model API. */
  readonly connectTimeoutMs?: number
}

/** Starts it on a free loopback port. */
export async function startEgress(options: EgressOptions): Promise<Egress> {
  const dispatcher = createDispatcher(options)
  const gates = new Map<string, TurnGate | undefined>()
  const serve = (request: IncomingMessage, response: ServerResponse, only?: string): void => {
    const token = laneOf(request)
    const isKnown = token !== undefined && gates.has(token) && (only === undefined || token === only)
    if (!isKnown) refuse(response, 404, 'not_found_error', 'There is no such route.')
    else {
      const gate = gates.get(token)
      if (gate === undefined) refuse(response, 409, 'invalid_request_error', 'No turn is under way.')
      else gate.pass(request, response)
    }
  }
  const server = createServer({ keepAliveTimeout: 60_000 }, (request, response) => serve(request, response))
  const sockets = new Set<Promise<LaneSocket>>()
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject)
    server.listen(0, '127.0.0.1', resolve)
  })
  server.unref()
  const address = server.address()
  if (address === null || typeof address === 'string') throw new Error('the egress has no port')
  const origin = `http://127.0.0.1:${address.port}`

  const closeSocket = async (socket: Promise<LaneSocket>): Promise<void> => {
    sockets.delete(socket)
    await socket.then((opened) => opened.close()).catch(() => undefined)
  }

  return {
    port: address.port,
    openLane: () => {
      const token = randomBytes(24).toString('base64url')
      let socket: Promise<LaneSocket> | undefined
      gates.set(token, undefined)
      const open = (gate: TurnGate): TurnGate => {
        // The lane may have been closed meanwhile.
        if (gates.has(token)) gates.set(token, gate)
        else gate.close()
        return gate
      }
      const onClose = (): void => {
        if (gates.has(token)) gates.set(token, undefined)
      }
      return {
        baseUrl: `${origin}/${token}`,
        openGate: (withTools) => {
          const gate = { ...options, dispatcher, onClose }
          return open(withTools === undefined ? createTurnGate(gate) : createToolGate({ ...gate, ...withTools }))
        },
        openRehearsal: () => open(createRehearsalGate(onClose)),
        socket: async (folder) => {
          const name = randomBytes(6).toString('hex')
          socket ??= openLaneSocket(folder, name, (request, response) => serve(request, response, token))
          sockets.add(socket)
          return (await socket).path
        },
        close: () => {
          gates.get(token)?.close()
          gates.delete(token)
          if (socket !== undefined) void closeSocket(socket)
        },
      }
    },
    close: async () => {
      for (const gate of gates.values()) gate?.close()
      gates.clear()
      server.closeAllConnections()
      server.close()
      await Promise.all([...sockets].map(closeSocket))
      await dispatcher.destroy()
    },
  }
}

function createDispatcher({ environment, connectTimeoutMs = 5000 }: EgressOptions): Dispatcher {
  const proxy = (name: string): string => environment[name.toLowerCase()] ?? environment[name] ?? ''
  return new EnvHttpProxyAgent({
    httpProxy: proxy('HTTP_PROXY'),
    httpsProxy: proxy('HTTPS_PROXY'),
    noProxy: proxy('NO_PROXY'),
    connect: { timeout: connectTimeoutMs },
    // How long an answer may take is for the turn's own deadlines to say.
    headersTimeout: 0,
    bodyTimeout: 0,
  })
}

/** Only `POST /<token>/v1/messages` is a way out. */
function laneOf(request: IncomingMessage): string | undefined {
  const path = request.url?.split('?', 1)[0] ?? ''
  const match = /^\/([A-Za-z0-9_-]{32})\/v1\/messages$/.exec(path)
  return request.method === 'POST' ? match?.[1] : undefined
}
