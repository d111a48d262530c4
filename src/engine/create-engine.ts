import type { Logger } from 'pino'
import type { Config, CurrentConfig } from '../config.ts'
import { findBinary } from './binary.ts'
import { createDeathWatch, detectDeathWatchMethod } from './death-watch.ts'
import { type Egress, startEgress } from './egress/egress.ts'
import type { Introduction } from './claude-code.ts'
import type { Engine, EngineStatus } from './engine.ts'
import { createHealth } from './health.ts'
import { createKeptReasoning } from './kept-reasoning.ts'
import { createEstimate } from './estimate.ts'
import { createModelCapabilities } from './model-capabilities.ts'
import { createLoggedOutEngine } from './logged-out-engine.ts'
import { detectLogin } from './login.ts'
import type { Login } from './login-method.ts'
import { type EngineObserver, outcomeOf } from './observer.ts'
import { Pool } from './pool.ts'
import { createReuse, type Proofs } from './reuse.ts'
import { createRunFolder } from './run-folder.ts'
import { createAttemptWithTools } from './own-tools/attempt-with-tools.ts'
import { privateFolders, secretPaths } from './own-tools/hidden-paths.ts'
import { detectSandbox, type SandboxFound, sandboxFor } from './own-tools/detect-sandbox.ts'
import { createStartWithTools, type ToolStartOptions } from './own-tools/start-with-tools.ts'
import { createPrices } from './prices.ts'
import { createRunTurn } from './run-turn.ts'
import { Scheduler, type SchedulerOptions } from './scheduler.ts'
import { createSpend } from './spend.ts'
import { defaultWorkerLimit } from './worker-limit.ts'
import type { WorkerDeadlines } from './worker.ts'
import { createWorkerFactory, type StartWorker, type WorkerFactoryOptions } from './worker-factory.ts'

export interface EngineParts {
  readonly config: Config
  readonly currentConfig: CurrentConfig
  readonly log: Logger
  readonly observer: EngineObserver
  /** What another engine of this process has proven need not be proven again. Default: nothing is known. */
  readonly proofs?: Proofs
}

/** Under whose name the first process waits for a slot. */
const TRIAL = '(trial)'

/**
 * Builds the engine. Processes are started on demand; one is started at once to learn the models and to prove that the
 * binary and the login work.
 * @throws when there is no binary or the data folder cannot be used.
 */
export async function createEngine(parts: EngineParts): Promise<Engine> {
  const found = detectLogin(parts.config)
  if ('login' in found) return startEngine(parts, found.login)
  return createLoggedOutEngine({
    missing: found.missing,
    look: () => detectLogin(parts.config),
    start: (login) => startEngine(parts, login),
    log: parts.log,
  })
}

async function startEngine(given: EngineParts, login: Login): Promise<Engine> {
  const { config, currentConfig, log, observer, proofs = new Map() } = given
  const binary = requireBinary(config)
  const onLeftover = (error: unknown): void => log.warn({ err: error }, 'a folder is left for the next start to sweep')
  const runFolder = await createRunFolder(config.DATA_DIR, onLeftover)
  const egress = await openEgress(config, login)
  const deathWatch = createDeathWatch(detectDeathWatchMethod())
  const limit = config.MAX_WORKERS ?? defaultWorkerLimit()
  const scheduler = new Scheduler(schedulerOptions(limit, currentConfig))
  const parts = { binary, login, egress, runFolder, deathWatch, onLeftover }
  const workerOptions = workerOptionsOf(parts, given)
  const factory = createWorkerFactory(workerOptions)
  const reuse = createReuse({
    startWorker: (profile, modelUrl, earlier) =>
      createWorkerFactory(withStandIn(workerOptions, modelUrl)).start(profile, earlier),
    wanted: config.REUSE_WORKERS,
    ready: () => health.models(),
    proofs,
    subject: `${isMinimal(workerOptions) ? 'minimal' : 'full'} ${binary}`,
    log,
  })
  const startWorker: StartWorker = (profile, earlier) => {
    reuse.prove(profile.toolMode)
    return factory.start(profile, earlier)
  }
  const pool = new Pool({
    startWorker,
    limit,
    warmAhead: config.SPARE_WORKERS,
    mayReuse: reuse.isProven,
    mayResume: reuse.isResumeProven,
    observer,
    log,
  })
  const health = createHealth({ warmUp: (signal) => warmUp(scheduler, pool, signal), log })
  const capabilities = createModelCapabilities(health.modelNamed)
  const reasoning = createKeptReasoning({ modelId: capabilities.idOf, capabilities: capabilities.of })
  const { modelNamed } = health
  const costs = { prices: createPrices(modelNamed), modelNamed, hasEgress: egress !== undefined }
  const sandbox = sandboxFor(await detectSandbox(config.environment), { hasEgress: egress !== undefined })
  const close = async (graceMs: number): Promise<void> => {
    health.drain()
    reuse.stop()
    scheduler.drain()
    await scheduler.idle(graceMs)
    await Promise.all([pool.close(), reuse.settled(), factory.close()])
    await egress?.close()
    deathWatch.close()
    await runFolder.remove().catch(onLeftover)
  }
  const shared = { pool, health, capabilities, spend: createSpend(costs), log, observer }
  const start = createStartWithTools(toolOptions(workerOptions, sandbox, { config, log }))
  const disk = { leastFree: config.TOOLS_MIN_FREE_BYTES }
  const ofTools = { start, disk, toolTimeoutMs: config.TOOL_TIMEOUT }
  const attemptWithTools = createAttemptWithTools({ ...shared, ...ofTools })
  reuse.prove('text')
  void reuse.settled().then(() => pool.rehearse())

  return {
    admit: (principalId) => admit(scheduler, principalId, observer),
    run: createRunTurn({ ...shared, scheduler, reasoning, attemptWithTools }),
    estimate: createEstimate(costs),
    models: () => health.models(),
    capabilities: capabilities.of,
    isDraining: () => health.status().state === 'draining',
    status: () => ({
      ...health.status(),
      login: login.source,
      auth: { method: login.method, missing: login.missing, ...health.account() },
      provider: providerOf(login),
      egress: egress !== undefined,
      reuse: reuse.state,
      commands: sandbox.available ? 'sandboxed' : config.TOOLS_WITHOUT_SANDBOX ? 'accepted' : 'none',
      workers: { ...pool.counts, busy: scheduler.running, spare: factory.spares, limit },
      queued: scheduler.queued,
    }),
    close,
  }
}

function schedulerOptions(slots: number, currentConfig: CurrentConfig): SchedulerOptions {
  return {
    slots,
    get maxQueue() {
      return currentConfig().MAX_QUEUE
    },
    get timeoutMs() {
      return currentConfig().QUEUE_TIMEOUT
    },
  }
}

const deadlinesOf = (config: ReturnType<CurrentConfig>): WorkerDeadlines => ({
  initMs: config.INIT_TIMEOUT,
  firstEventMs: config.FIRST_EVENT_TIMEOUT,
  idleMs: config.IDLE_TIMEOUT,
})

type Surroundings = Pick<
  WorkerFactoryOptions,
  'binary' | 'login' | 'egress' | 'runFolder' | 'deathWatch' | 'onLeftover'
>

function workerOptionsOf(
  surroundings: Surroundings,
  { config, currentConfig, log }: EngineParts,
): WorkerFactoryOptions {
  return {
    ...surroundings,
    environment: config.environment,
    deadlines: () => deadlinesOf(currentConfig()),
    spares: config.SPARE_WORKERS,
    onSpareError: (error) => log.warn({ err: error }, 'no spare process could be started'),
  }
}

function toolOptions(
  options: WorkerFactoryOptions,
  found: SandboxFound,
  { config, log }: Pick<EngineParts, 'config' | 'log'>,
): ToolStartOptions {
  return {
    ...options,
    sandbox: found.available ? found : undefined,
    withoutSandbox: config.TOOLS_WITHOUT_SANDBOX,
    hasNetwork: config.TOOLS_NETWORK,
    readable: config.TOOLS_READABLE,
    private: privateFolders(config),
    bounds: { processes: config.TOOLS_MAX_PROCESSES, fileBytes: config.TOOLS_MAX_FILE_BYTES },
    secret: [...secretPaths(config), ...configFolder(options.login)],
    toolTimeoutMs: config.TOOL_TIMEOUT,
    onServerError: (server, error) => log.warn({ err: error, server }, 'an MCP server did not answer'),
  }
}

function requireBinary({ CLAUDE_CLI_PATH: path }: Config): string {
  const binary = findBinary(path)
  if (binary !== undefined) return binary
  throw new Error(`the Agent SDK brings no Claude Code binary for ${process.platform}-${process.arch}`)
}

/** The first process, which waits for whoever comes first. */
async function warmUp(scheduler: Scheduler, pool: Pool, signal: AbortSignal): Promise<Introduction> {
  const freeSlot = await scheduler.acquire(TRIAL, signal)
  try {
    return await pool.warm({ model: 'default', system: '', toolMode: 'text' }, signal)
  } finally {
    freeSlot()
  }
}

function admit(scheduler: Scheduler, principalId: string, observer: EngineObserver): void {
  try {
    scheduler.admit(principalId)
  } catch (error) {
    observer.turnEnded(outcomeOf(error), 0)
    throw error
  }
}

/** The same process in the same mode, but for the model that it talks to. */
function withStandIn(options: WorkerFactoryOptions, modelUrl: string): WorkerFactoryOptions {
  const env = {
    ANTHROPIC_BASE_URL: modelUrl,
    ANTHROPIC_API_KEY: 'none',
    ...(isMinimal(options) ? { CLAUDE_CODE_SIMPLE: '1' } : {}),
  }
  return {
    ...options,
    login: { method: 'api_key', source: 'self-test', env, missing: [] },
    egress: undefined,
    spares: 0,
  }
}

function isMinimal({ egress, login }: WorkerFactoryOptions): boolean {
  return egress !== undefined || 'CLAUDE_CODE_SIMPLE' in login.env
}

function providerOf({ method }: Login): EngineStatus['provider'] {
  return method === 'bedrock' || method === 'vertex' || method === 'foundry' ? method : 'anthropic'
}

/** Where a login of Claude Code's own keeps its secrets. */
function configFolder({ env }: Login): string[] {
  const { CLAUDE_CONFIG_DIR: folder } = env
  return folder === undefined ? [] : [folder]
}

function openEgress(config: Config, login: Login): Promise<Egress> | undefined {
  if (!config.EGRESS || login.egress === undefined) return undefined
  return startEgress({ ...login.egress, environment: config.environment })
}
