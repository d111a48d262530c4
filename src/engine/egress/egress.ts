/**
 * The way out: a loopback server that children talk to instead of the model API. It holds the credential, so that no
 * child has it; lets one model call of a turn through and no other request at all; and sees the truth of that call.
 * It changes no body.
 */
import { randomBytes } from 'node:crypto'
import { once } from 'node:events'
import { mkdtemp, rm } from 'node:fs/promises'
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { type Dispatcher, EnvHttpProxyAgent } from 'undici'
import type { Environment } from '../../config.ts'
import type { Credential } from '../login-method.ts'
import { refuse } from './refuse.ts'
import { createRehearsalGate } from './rehearsal-gate.ts'
import { createToolGate, type ToolGateOptions } from './tool-gate.ts'
import { createTurnGate, type TurnGate } from './turn-gate.ts'

export interface Egress {
  /** A way out for one child. */
  openLane(): Lane
  /** The port of the way out. */
  readonly port: number
  /** The same way out as a socket file, for processes that have no network. It is made in `folder`, which is ours, when it is first asked for. */
  socket(folder: string): Promise<string>
  close(): Promise<void>
}

export interface Lane {
  /** What the child takes for the model API: an address with a secret path. */
  readonly baseUrl: string
  /** Lets the next model call through, and only that, until the gate is closed; of a turn with tools, its calls. */
  openGate(withTools?: ToolGateOptions): TurnGate
  /** Answers the next model calls itself, until the gate is closed. */
  openRehearsal(): TurnGate
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
  const serve = (request: IncomingMessage, response: ServerResponse): void => {
    const token = laneOf(request)
    if (token === undefined || !gates.has(token)) refuse(response, 404, 'not_found_error', 'There is no such route.')
    else {
      const gate = gates.get(token)
      if (gate === undefined) refuse(response, 409, 'invalid_request_error', 'No turn is under way.')
      else gate.pass(request, response)
    }
  }
  const server = createServer({ keepAliveTimeout: 60_000 }, serve)
  let socketServer: Server | undefined
  let socketPath: Promise<string> | undefined
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject)
    server.listen(0, '127.0.0.1', resolve)
  })
  server.unref()
  const address = server.address()
  if (address === null || typeof address === 'string') throw new Error('the egress has no port')
  const origin = `http://127.0.0.1:${address.port}`

  const openSocket = async (folder: string): Promise<string> => {
    const path = await socketPathIn(folder)
    socketServer = createServer({ keepAliveTimeout: 60_000 }, serve)
    socketServer.listen(path).unref()
    await once(socketServer, 'listening')
    return path
  }

  return {
    port: address.port,
    socket: (folder) => (socketPath ??= openSocket(folder)),
    openLane: () => {
      const token = randomBytes(24).toString('base64url')
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
        close: () => {
          gates.get(token)?.close()
          gates.delete(token)
        },
      }
    },
    close: async () => {
      for (const gate of gates.values()) gate?.close()
      gates.clear()
      for (const each of [server, socketServer]) {
        each?.closeAllConnections()
        each?.close()
      }
      if (socketPath !== undefined) await leaveSocket(socketPath)
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

/** Socket files have names of some 100 bytes at most, and folders of data can be anywhere. */
const LONGEST_SOCKET_PATH = 100

async function socketPathIn(folder: string): Promise<string> {
  const path = join(folder, 'egress.sock')
  if (Buffer.byteLength(path) <= LONGEST_SOCKET_PATH) return path
  return join(await mkdtemp(join(tmpdir(), 'dragoman-')), 'egress.sock')
}

/** The folder that was made for it goes too. */
async function leaveSocket(opening: Promise<string>): Promise<void> {
  const path = await opening.catch(() => undefined)
  if (path?.startsWith(join(tmpdir(), 'dragoman-')) !== true) return
  await rm(dirname(path), { recursive: true, force: true })
}

/** Only `POST /<token>/v1/messages` is a way out. */
function laneOf(request: IncomingMessage): string | undefined {
  const path = request.url?.split('?', 1)[0] ?? ''
  const match = /^\/([A-Za-z0-9_-]{32})\/v1\/messages$/.exec(path)
  return request.method === 'POST' ? match?.[1] : undefined
}
