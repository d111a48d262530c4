/** An app over a fake engine, and a server for what only a real connection shows. */
import { connect, type Socket } from 'node:net'
import { createApp } from '../../src/app.ts'
import { parseConfig, type SettingName } from '../../src/config.ts'
import type { Authentication } from '../../src/keys/authentication.ts'
import type { Store } from '../../src/store/store.ts'
import { listen, type Listening } from '../../src/http/listen.ts'
import type { App } from '../../src/http/mount-routes.ts'
import { createMetrics } from '../../src/metrics.ts'
import { createLogger } from '../../src/log.ts'
import { ANY_STORE, createTestAuthentication } from './authentication.ts'
import { createTestLedger, NO_REPORTS } from './ledger.ts'
import { createTestTools } from './tools.ts'
import { NOTHING_KEPT } from './idempotency.ts'
import { ANY_SESSIONS } from './sessions.ts'
import type { Services } from '../../src/endpoints/services.ts'
import { ANY_MCP } from './mcp.ts'
import type { McpServers } from '../../src/mcp/mcp-servers.ts'
import type { IdempotencyKeys } from '../../src/idempotency/idempotency-keys.ts'
import type { Sessions } from '../../src/sessions/sessions.ts'
import { createTestRateLimits } from './rate-limits.ts'
import type { RateLimits } from '../../src/usage/rate-limits.ts'
import { createFakeEngine, type FakeEngine, type Script } from './fake-engine.ts'
import { createTestSchemas } from './schemas.ts'
import type { UsageReports } from '../../src/usage/usage-report.ts'
import type { Ledger } from '../../src/usage/request-meter.ts'

export interface TestApp {
  readonly app: App
  readonly engine: FakeEngine
  readonly shutdown: AbortController
  /** Every line logged so far, parsed. */
  readonly log: Record<string, unknown>[]
  /** Resolves with the next access log line. */
  nextAccess(): Promise<Record<string, unknown>>
  request(path: string, init?: RequestInit): Promise<Response>
}

export interface TestAppOptions {
  readonly script?: Script
  readonly engine?: FakeEngine
  readonly settings?: Partial<Record<SettingName, string>>
  readonly authentication?: Authentication
  readonly store?: Pick<Store, 'status'>
  readonly ledger?: Pick<Ledger, 'open'>
  readonly usage?: UsageReports
  readonly sessions?: Sessions
  readonly idempotencyKeys?: IdempotencyKeys
  /** Default: what the settings say. */
  readonly tools?: Services['tools']
  readonly mcp?: McpServers
  /** Default: off, unless the settings say that they are on. */
  readonly rateLimits?: RateLimits
}

export function createTestApp({
  script,
  engine = createFakeEngine(script),
  settings = {},
  authentication,
  store = ANY_STORE,
  ledger = createTestLedger(),
  usage = NO_REPORTS,
  sessions = ANY_SESSIONS,
  idempotencyKeys = NOTHING_KEPT,
  tools,
  mcp = ANY_MCP,
  rateLimits,
}: TestAppOptions = {}): TestApp {
  const shutdown = new AbortController()
  const lines: Record<string, unknown>[] = []
  const waiting: ((line: Record<string, unknown>) => void)[] = []
  const write = (text: string): void => {
    const line: Record<string, unknown> = JSON.parse(text)
    lines.push(line)
    if (line['msg'] === 'request') waiting.shift()?.(line)
  }
  const log = createLogger({ level: 'trace', pretty: false, stream: { write } })
  const metrics = createMetrics()
  metrics.watch(() => engine.status())
  const config = parseConfig({}, settings)
  const app = createApp({
    engine,
    config,
    currentConfig: () => config,
    store,
    ledger,
    usage,
    sessions,
    idempotencyKeys,
    ...createTestTools(config),
    ...(tools !== undefined && { tools }),
    mcp,
    rateLimits: rateLimits ?? createTestRateLimits(config, { onLimited: metrics.limited }),
    authentication: authentication ?? createTestAuthentication(config.API_KEY),
    metrics,
    schemas: createTestSchemas(),
    log,
    version: '0.0.0',
    shutdown: shutdown.signal,
  })
  return {
    app,
    engine,
    shutdown,
    log: lines,
    nextAccess: () => new Promise((resolve) => waiting.push(resolve)),
    request: async (path, init = {}) => {
      const headers = new Headers(init.headers)
      if (!headers.has('host')) headers.set('host', 'localhost')
      return app.request(path, { ...init, headers })
    },
  }
}

/** A request for a chat completion. */
export function chat(body: Record<string, unknown> = {}): RequestInit {
  return { method: 'POST', headers: { 'content-type': 'application/json' }, body: chatBody(body) }
}

function chatBody(body: Record<string, unknown>): string {
  return JSON.stringify({ model: 'sonnet', messages: [{ role: 'user', content: 'Hi' }], ...body })
}

/** The app behind a server on a free port. */
export function serve({ app }: TestApp): Promise<Listening> {
  const log = createLogger({ level: 'silent', pretty: false })
  return listen(app, { host: '127.0.0.1', port: 0, strictPort: false, log })
}

/** A chat completion request as bytes. */
export function rawChat(body: Record<string, unknown> = {}): string {
  return rawRequest('POST /v1/chat/completions', chatBody(body), ['content-type: application/json'])
}

export function rawRequest(line: string, body = '', headers: readonly string[] = []): string {
  const length = body === '' ? [] : [`content-length: ${Buffer.byteLength(body)}`]
  const host = headers.some((header) => /^host:/i.test(header)) ? [] : ['host: localhost']
  return [`${line} HTTP/1.1`, ...host, ...headers, ...length, '', body].join('\r\n')
}

export interface RawConnection {
  readonly socket: Socket
  /** Resolves with all that came, once `text` is among it. */
  received(text: string): Promise<string>
  /** Resolves with all that came, once the server has closed the connection. */
  readonly closed: Promise<string>
}

/** A plain TCP connection. `allowHalfOpen`: our FIN leaves it open for reading. */
export function dial(port: number): RawConnection {
  const socket = connect({ host: '127.0.0.1', port, allowHalfOpen: true })
  let all = ''
  const waits = new Set<() => void>()
  socket.setEncoding('utf8')
  socket.on('error', () => undefined)
  socket.on('data', (text: string) => {
    all += text
    for (const wait of waits) wait()
  })
  return {
    socket,
    received: (text) =>
      new Promise((resolve) => {
        const check = (): void => {
          if (!all.includes(text)) return
          waits.delete(check)
          resolve(all)
        }
        waits.add(check)
        check()
      }),
    closed: new Promise((resolve) => {
      socket.on('end', () => socket.end())
      socket.on('close', () => resolve(all))
    }),
  }
}

/** The `data` of every event of a stream, comments left out. */
export function eventsOf(text: string): string[] {
  return text
    .split('\n\n')
    .filter((event) => event.startsWith('data: '))
    .map((event) => event.slice('data: '.length))
}

/** The error of an answer. */
export async function errorOf(
  response: Response,
): Promise<{ message: string; type: string; param: unknown; code: string }> {
  const body: { error: { message: string; type: string; param: unknown; code: string } } = JSON.parse(
    await response.text(),
  )
  return body.error
}
