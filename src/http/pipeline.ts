/**
 * The one way from a request to its answer. Every route and alias, unknown paths, wrong methods, OPTIONS and failures go
 * through `createPipeline`'s function; an endpoint only ever sees a request that passed it.
 */
import { setMaxListeners } from 'node:events'
import type { Config, CurrentConfig, LiveConfig } from '../config.ts'
import { ApiError, errorRow, type ErrorCode } from '../errors.ts'
import type { Authentication, Caller } from '../keys/authentication.ts'
import type { Scope } from '../keys/grant.ts'
import type { Logger } from '../log.ts'
import { createTurns } from '../one-by-one.ts'
import type { Principal } from '../turn/turn.ts'
import type { Ledger, RequestMeter } from '../usage/request-meter.ts'
import type { RateClass, RateLimits } from '../usage/rate-limits.ts'
import { clip } from '../wire/quote.ts'
import { identify, requireScope, requireTrust } from './authenticate.ts'
import { createBodyRoom, defaultBodyRoom } from './body-room.ts'
import { readJsonBody } from './body.ts'
import type { ClientAddress } from './client-address.ts'
import type { Connection } from './connection.ts'
import { loggingContent } from './content-log.ts'
import { errorBody, errorHeaders } from './error-reply.ts'
import { createExchange, type Exchange } from './exchange.ts'
import { extensionsOf } from './extensions.ts'
import { createHostGuard } from './host-guard.ts'
import { limitRate } from './limit-rate.ts'
import { createOriginGuard, type OriginGuard } from './origin-guard.ts'
import { readIdempotency } from './idempotency.ts'
import { jsonReply, type Reply } from './reply.ts'
import type { RequestContext } from './request-context.ts'
import { createRequestLifetime, type RequestLifetime } from './request-lifetime.ts'
import { checkTarget } from './request-target.ts'
import { documentResponse, eventsResponse } from './respond.ts'
import type { Access, Handler } from './route.ts'
import { setAll } from './set-all.ts'
import { createUnreadAnswers } from './unread-answers.ts'

export interface PipelineOptions {
  readonly config: Pick<Config, 'HOST'>
  readonly currentConfig: CurrentConfig
  readonly log: Logger
  readonly authentication: Authentication
  /** Puts a failure that is no `ApiError` into the words of the error table; undefined when it does not know it. */
  readonly explain: (error: unknown) => ApiError | undefined
  readonly ledger: Pick<Ledger, 'open'>
  readonly rateLimits: RateLimits
  readonly clientAddress: ClientAddress
  /** Aborts when requests that still run must end. */
  readonly shutdown: AbortSignal
  /** Connections are not kept while the server drains. */
  readonly isDraining: () => boolean
}

/** A path of the route table with what answers there. */
export interface Place {
  readonly pattern: string
  readonly methods: ReadonlyMap<string, Answering>
  /** What a place without methods answers. */
  readonly missing: ErrorCode
}

/** What answers one method of a place. */
export interface Answering {
  readonly access: Access
  readonly scope: Scope | undefined
  readonly takesBody: boolean
  readonly rateClass: RateClass
  /** Throws where the endpoint would refuse whatever this one asks. */
  readonly admit: (principal: Principal) => void
  readonly handle: Handler
}

export interface Call {
  readonly request: Request
  readonly connection: Connection
  readonly params: Readonly<Record<string, string>>
}

/** Answers a request. Never rejects. */
export type Pipeline = (place: Place, call: Call) => Promise<Response>

export function createPipeline(options: PipelineOptions): Pipeline {
  const { authentication } = options
  const doorOf = createDoors(options.config.HOST)
  const bodies = createBodyRoom()
  const unread = createUnreadAnswers()
  const receive = createReceiver()
  // Every running request listens to it, which Node would take for a leak.
  setMaxListeners(0, options.shutdown)

  const reply = async (
    { place, call, config }: Answered,
    exchange: Exchange,
    lifetime: RequestLifetime,
  ): Promise<Reply> => {
    const { request, connection } = call
    const { guardHost, origins } = doorOf(config)
    checkTarget(connection.target)
    guardHost(request.headers.get('host'))
    setAll(exchange.headers, origins.check(request.headers))
    if (request.method === 'OPTIONS' && place.methods.size > 0) {
      const allow = allowedAt(place)
      setAll(exchange.headers, { allow, ...origins.preflight(request.headers, allow) })
      return { kind: 'document', status: 204, contentType: '', body: '' }
    }
    const caller = await identify(request.headers, authentication)
    exchange.identifyAs(caller.principal)
    const route = place.methods.get(request.method === 'HEAD' ? 'GET' : request.method)
    // Before the 404 and the 405: whoever has no key need not learn what is here.
    if (route?.access !== 'open') requireTrust(caller, request.headers)
    if (route === undefined) throw refusal(place, call, exchange.headers)
    requireScope(caller, route.scope)
    const address = connection.address(options.clientAddress)
    await limitRate(options.rateLimits, { caller, rateClass: route.rateClass, address, headers: exchange.headers })
    lifetime.onEnd(authentication.watch(caller, lifetime.cut))
    route.admit(caller.principal)
    const meter = openEntry(options.ledger, { caller, exchange, place, route })
    const lease = bodies.open(config.MAX_BODIES_BYTES ?? defaultBodyRoom(), caller.principal.id)
    // What is answered is about as long as what was asked, and waits until it is read.
    lifetime.onEnd(() => connection.onClose(lease.release))
    const received = await receive(request, { place, route, config, signal: lifetime.signal, take: lease.take })
    const handle = config.DEBUG_MODE && route.takesBody ? loggingContent(route.handle) : route.handle
    const passed = { call, config, exchange, caller, meter, signal: lifetime.signal, takeRoom: lease.take }
    const answer = await handle(contextOf({ ...passed, ...received }))
    if (answer.kind === 'document') unread.hold({ ...answer, caller: caller.principal.id }, call, config)
    return answer
  }

  return async (place, call) => {
    const config = options.currentConfig()
    const exchange = createExchange(call.request, place.pattern, options.log)
    const lifetime = createRequestLifetime({
      connection: call.connection.left,
      shutdown: options.shutdown,
      timeoutMs: config.MAX_TIMEOUT,
    })
    if (options.isDraining()) exchange.headers.set('connection', 'close')
    const settle = (status: number, failure?: ApiError): void => {
      lifetime.end()
      exchange.settle(status, failure)
    }
    const explain = (error: unknown): ApiError => explainFailure(error, lifetime.signal, options.explain)
    try {
      const answer = await reply({ place, call, config }, exchange, lifetime)
      if (answer.kind === 'document') {
        settle(answer.status)
        return documentResponse(answer, exchange)
      }
      return await eventsResponse(answer, {
        connection: call.connection,
        exchange,
        lifetime,
        settle,
        explain,
        heartbeatMs: config.HEARTBEAT_INTERVAL,
      })
    } catch (error) {
      const failure = explain(error)
      setAll(exchange.headers, errorHeaders(failure))
      const { status } = errorRow(failure.code)
      settle(status, failure)
      return documentResponse(jsonReply(errorBody(failure), status), exchange)
    }
  }
}

interface Door {
  readonly guardHost: ReturnType<typeof createHostGuard>
  readonly origins: OriginGuard
}

/** Made anew when the settings are. */
function createDoors(host: string): (config: LiveConfig) => Door {
  const doors = new WeakMap<LiveConfig, Door>()
  return (config) => {
    const made = doors.get(config)
    if (made !== undefined) return made
    const door = {
      guardHost: createHostGuard(host, config.ALLOWED_HOSTS),
      origins: createOriginGuard(config.CORS_ORIGINS),
    }
    doors.set(config, door)
    return door
  }
}

interface Answered {
  readonly place: Place
  readonly call: Call
  /** What the settings were when it came. */
  readonly config: LiveConfig
}

interface Entering {
  readonly caller: Caller
  readonly exchange: Exchange
  readonly place: Place
  readonly route: Answering
}

/** The request's place in the ledger, from now until its answer is out. */
function openEntry(ledger: PipelineOptions['ledger'], { caller, exchange, place, route }: Entering): RequestMeter {
  const meter = ledger.open({
    id: exchange.id,
    principalId: caller.principal.id,
    keyId: caller.keyId,
    grant: caller.grant,
    endpoint: place.pattern,
    isAlwaysRecorded: route.rateClass === 'chat',
  })
  exchange.onSettle((end) => meter.end(end))
  return meter
}

interface Receiving {
  readonly place: Place
  readonly route: Answering
  readonly config: LiveConfig
  readonly signal: AbortSignal
  readonly take: (bytes: number) => void
}

type Received = Pick<RequestContext, 'body' | 'idempotency'>

/** Takes in the body, where the route has one. */
function createReceiver(): (request: Request, receiving: Receiving) => Promise<Received> {
  const inTurn = createTurns()
  return async (request, { place, route, config, signal, take }) => {
    if (!route.takesBody) return { body: {}, idempotency: undefined }
    const reader = readIdempotency(request.headers, place.pattern)
    const hear = reader === undefined ? {} : { hear: reader.hear }
    const body = await readJsonBody(request, { maxBytes: config.MAX_BODY_BYTES, signal, inTurn, take, ...hear })
    return { body, idempotency: reader?.read() }
  }
}

interface Passed {
  readonly call: Call
  readonly config: LiveConfig
  readonly exchange: Exchange
  readonly caller: Caller
  readonly meter: RequestMeter
  readonly signal: AbortSignal
  readonly body: RequestContext['body']
  readonly idempotency: RequestContext['idempotency']
  readonly takeRoom: RequestContext['takeRoom']
}

/** All that an endpoint gets to know. */
function contextOf({ call, config, exchange, caller, meter, ...rest }: Passed): RequestContext {
  const { request, params } = call
  const { id, log, began, note, headers: replyHeaders } = exchange
  const { principal, trusted, grant } = caller
  const extensions = extensionsOf(request.headers)
  const query = Object.fromEntries(new URL(request.url).searchParams)
  const facts = {
    id,
    config,
    log,
    began,
    note,
    meter,
    replyHeaders,
    params,
    query,
    extensions,
  }
  return { ...facts, ...rest, principal, trusted, grant }
}

/** The error of a request that no route takes. */
function refusal(place: Place, { request, connection }: Call, headers: Headers): ApiError {
  const path = clip(connection.target.split('?', 1)[0] ?? '', 200)
  if (place.methods.size === 0) {
    const offered = 'It offers POST /v1/chat/completions and GET /v1/models; /docs describes all.'
    const message =
      place.missing === 'unsupported_endpoint'
        ? `${path} is not offered by this server. ${offered}`
        : `Invalid URL (${clip(request.method)} ${path}).`
    return new ApiError(place.missing, { message })
  }
  headers.set('allow', allowedAt(place))
  return new ApiError('method_not_supported', {
    message: `Not allowed to ${clip(request.method)} on ${path}. Allowed: ${allowedAt(place)}.`,
  })
}

function allowedAt(place: Place): string {
  return [...place.methods.keys(), ...(place.methods.has('GET') ? ['HEAD'] : []), 'OPTIONS'].join(', ')
}

/** After an abort every failure is the abort's: its reason says more than what broke under it. */
function explainFailure(error: unknown, signal: AbortSignal, explain: PipelineOptions['explain']): ApiError {
  if (signal.aborted && signal.reason instanceof ApiError) return signal.reason
  if (error instanceof ApiError) return error
  return explain(error) ?? new ApiError('internal_error', { cause: error })
}
