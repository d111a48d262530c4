/** Everything this server answers to. A line here is all it takes to add an endpoint, and the only way. */
import { type CurrentConfig, type FixedConfig, secretSettings } from './config.ts'
import { authStatus } from './endpoints/auth-status.ts'
import { chatCompletions } from './endpoints/chat-completions.ts'
import { compatibility } from './endpoints/compatibility.ts'
import { completions } from './endpoints/completions.ts'
import { debugRequest } from './endpoints/debug-request.ts'
import { docs, index, openApi } from './endpoints/documentation.ts'
import { explainFailure } from './endpoints/explain-failure.ts'
import { health } from './endpoints/health.ts'
import { addMcpServer, mcpServers, removeMcpServer, testMcpServer } from './endpoints/mcp-servers.ts'
import { metrics as metricsEndpoint } from './endpoints/metrics.ts'
import { model, models } from './endpoints/models.ts'
import { NOT_OFFERED } from './endpoints/not-offered.ts'
import { ready } from './endpoints/ready.ts'
import type { Services } from './endpoints/services.ts'
import { removeSession, session, sessions as sessionsEndpoint, sessionStats } from './endpoints/sessions.ts'
import { changeToolConfig, toolConfig, tools as toolsEndpoint, toolStats } from './endpoints/tools.ts'
import { usage as usageEndpoint } from './endpoints/usage.ts'
import { version } from './endpoints/version.ts'
import { createClientAddress } from './http/client-address.ts'
import { mountRoutes, type App } from './http/mount-routes.ts'
import { openApiDocument } from './http/openapi.ts'
import { createPipeline, type PipelineOptions } from './http/pipeline.ts'
import type { Route } from './http/route.ts'
import type { Authentication } from './keys/authentication.ts'
import type { Logger } from './log.ts'
import { createRedaction, secretsIn } from './redaction.ts'
import { withinSettings } from './tools/within-settings.ts'

export const ROUTES: readonly Route<Services>[] = [
  {
    method: 'POST',
    path: '/v1/chat/completions',
    aliases: ['/chat/completions'],
    access: 'key',
    rateClass: 'chat',
    scope: 'chat',
    endpoint: chatCompletions,
  },
  {
    method: 'POST',
    path: '/v1/completions',
    aliases: ['/completions'],
    access: 'key',
    rateClass: 'chat',
    scope: 'chat',
    endpoint: completions,
  },
  {
    method: 'POST',
    path: '/v1/compatibility',
    aliases: [],
    access: 'key',
    rateClass: 'debug',
    scope: 'chat',
    endpoint: compatibility,
  },
  {
    method: 'POST',
    path: '/v1/debug/request',
    aliases: [],
    access: 'key',
    rateClass: 'debug',
    scope: 'chat',
    endpoint: debugRequest,
  },
  { method: 'GET', path: '/v1/models', aliases: ['/models'], access: 'key', rateClass: 'general', endpoint: models },
  {
    method: 'GET',
    path: '/v1/models/{id}',
    aliases: ['/models/{id}'],
    access: 'key',
    rateClass: 'general',
    endpoint: model,
  },
  { method: 'GET', path: '/v1/auth/status', aliases: [], access: 'key', rateClass: 'auth', endpoint: authStatus },
  {
    method: 'GET',
    path: '/v1/sessions',
    aliases: [],
    access: 'key',
    rateClass: 'session',
    scope: 'chat',
    endpoint: sessionsEndpoint,
  },
  {
    method: 'GET',
    path: '/v1/sessions/stats',
    aliases: [],
    access: 'key',
    rateClass: 'session',
    scope: 'chat',
    endpoint: sessionStats,
  },
  {
    method: 'GET',
    path: '/v1/sessions/{id}',
    aliases: [],
    access: 'key',
    rateClass: 'session',
    scope: 'chat',
    endpoint: session,
  },
  {
    method: 'DELETE',
    path: '/v1/sessions/{id}',
    aliases: [],
    access: 'key',
    rateClass: 'session',
    scope: 'chat',
    endpoint: removeSession,
  },
  {
    method: 'GET',
    path: '/v1/tools',
    aliases: [],
    access: 'key',
    rateClass: 'general',
    scope: 'tools',
    endpoint: toolsEndpoint,
  },
  {
    method: 'GET',
    path: '/v1/tools/config',
    aliases: [],
    access: 'key',
    rateClass: 'general',
    scope: 'admin',
    endpoint: toolConfig,
  },
  {
    method: 'POST',
    path: '/v1/tools/config',
    aliases: [],
    access: 'key',
    rateClass: 'general',
    scope: 'admin',
    endpoint: changeToolConfig,
  },
  {
    method: 'GET',
    path: '/v1/tools/stats',
    aliases: [],
    access: 'key',
    rateClass: 'general',
    scope: 'tools',
    endpoint: toolStats,
  },
  {
    method: 'GET',
    path: '/v1/mcp/servers',
    aliases: [],
    access: 'key',
    rateClass: 'general',
    scope: 'tools',
    endpoint: mcpServers,
  },
  {
    method: 'POST',
    path: '/v1/mcp/servers',
    aliases: [],
    access: 'key',
    rateClass: 'general',
    scope: 'admin',
    endpoint: addMcpServer,
  },
  {
    method: 'POST',
    path: '/v1/mcp/servers/{name}/test',
    aliases: [],
    access: 'key',
    rateClass: 'general',
    scope: 'admin',
    endpoint: testMcpServer,
  },
  {
    method: 'DELETE',
    path: '/v1/mcp/servers/{name}',
    aliases: [],
    access: 'key',
    rateClass: 'general',
    scope: 'admin',
    endpoint: removeMcpServer,
  },
  { method: 'GET', path: '/v1/usage', aliases: [], access: 'key', rateClass: 'general', endpoint: usageEndpoint },
  { method: 'GET', path: '/health', aliases: [], access: 'open', rateClass: 'health', endpoint: health },
  { method: 'GET', path: '/ready', aliases: [], access: 'open', rateClass: 'health', endpoint: ready },
  { method: 'GET', path: '/version', aliases: [], access: 'open', rateClass: 'health', endpoint: version },
  {
    method: 'GET',
    path: '/metrics',
    aliases: [],
    access: 'key',
    rateClass: 'general',
    scope: 'admin',
    endpoint: metricsEndpoint,
  },
  { method: 'GET', path: '/openapi.json', aliases: [], access: 'key', rateClass: 'general', endpoint: openApi },
  { method: 'GET', path: '/docs', aliases: [], access: 'key', rateClass: 'general', endpoint: docs },
  { method: 'GET', path: '/', aliases: [], access: 'key', rateClass: 'general', endpoint: index },
]

export interface AppDependencies {
  readonly engine: Services['engine']
  readonly config: FixedConfig
  readonly currentConfig: CurrentConfig
  readonly log: Logger
  readonly metrics: Services['metrics']
  readonly schemas: Services['schemas']
  readonly store: Services['store']
  readonly usage: Services['usage']
  readonly sessions: Services['sessions']
  readonly idempotencyKeys: Services['idempotencyKeys']
  readonly tools: Services['tools']
  readonly workspaces: Services['workspaces']
  readonly mcp: Services['mcp']
  readonly authentication: Authentication
  readonly ledger: PipelineOptions['ledger']
  readonly rateLimits: PipelineOptions['rateLimits']
  /** Dragoman's own version. */
  readonly version: string
  /** Aborts when requests that still run must end. */
  readonly shutdown: AbortSignal
}

export function createApp(dependencies: AppDependencies): App {
  const {
    engine,
    config,
    currentConfig,
    log,
    metrics,
    schemas,
    store,
    usage,
    sessions,
    idempotencyKeys,
    tools,
    workspaces,
    mcp,
    authentication,
    ledger,
    rateLimits,
    version: own,
    shutdown,
  } = dependencies
  const pipeline = createPipeline({
    config,
    currentConfig,
    log,
    shutdown,
    authentication,
    ledger,
    rateLimits,
    clientAddress: createClientAddress(config.TRUSTED_PROXIES),
    explain: explainFailure,
    isDraining: () => engine.isDraining(),
  })
  const redact = createRedaction(secretsIn({ ...config.environment, ...secretSettings(config) }))
  const document = () => openApiDocument(ROUTES, own)
  const needsKey = () => authentication.needsKey()
  const services = {
    engine,
    metrics,
    schemas,
    store,
    usage,
    sessions,
    idempotencyKeys,
    tools: { ...tools, policy: withinSettings(tools.policy, needsKey) },
    workspaces,
    mcp,
    version: own,
    document,
    needsKey,
    redact,
  }
  return mountRoutes(ROUTES, NOT_OFFERED, services, pipeline)
}
