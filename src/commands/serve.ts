/** `dragoman serve`: the composition root. Everything is built here, and handed what it needs. */
import { createApp } from '../app.ts'
import { type Config, type Environment, loadEnvironment, parseConfig, secretSettings } from '../config.ts'
import type { DemoModel } from '../demo/demo-model.ts'
import type { Engine } from '../engine/engine.ts'
import { listen, type Listening } from '../http/listen.ts'
import { newInstanceName } from '../instance.ts'
import { createSchemaValidator } from '../json-schema/schema-validator.ts'
import { createLogger, type Logger, logLevel } from '../log.ts'
import { createMetrics, type Metrics } from '../metrics.ts'
import { type Held, startWatchdog } from '../watchdog.ts'
import { secretsIn } from '../redaction.ts'
import { requireOperatorFolders } from '../workspaces/operator-folders.ts'
import { type BannerFacts, writeBanner } from './banner.ts'
import { askForKey, mayAskForKey } from './ask-for-key.ts'
import { createDeferredEngine } from './deferred-engine.ts'
import { demoEnvironment, demoFlags } from './demo-environment.ts'
import { checkBinary } from './doctor-binary.ts'
import { checkDatabase } from './doctor-database.ts'
import { openKeys, type Keys } from './keys-from-config.ts'
import { openKept } from './kept-from-config.ts'
import { openMetering } from './metering-from-config.ts'
import { openOwnTools } from './tools-from-config.ts'
import { createLiveConfig } from './live-config.ts'
import { requireOwnEnvFile } from './own-env-file.ts'
import { packageInfo } from './package-info.ts'
import { installReload } from './reload.ts'
import type { SettingFlags } from './setting-flags.ts'
import { installShutdown } from './shutdown.ts'

/** What comes after the drain: answers that are on their way out, connections, folders. */
const AFTER_DRAIN_MS = 3_000
/** What the database has not taken by then waits in the data folder for the next start. */
const LEDGER_MS = 2_000

/**
 * Starts the server and returns when it listens; it runs until a signal ends it.
 * @throws ConfigError or UsageError when it must not start like this, or the reason why it cannot listen
 */
export async function serve(given: SettingFlags, { demo }: { readonly demo: boolean }): Promise<void> {
  const environment = loadEnvironment()
  const newKey = await askedKey(environment, given, demo)
  const flags = newKey === undefined ? given : { ...given, API_KEY: newKey }
  const asked = parseConfig(environment, flags)
  const demoModel = demo ? await startDemo() : undefined
  try {
    const read = (from: Environment): Config => {
      requireOwnEnvFile(from, flags)
      return demoModel === undefined ? parseConfig(from, flags) : forDemo(from, flags, demoModel)
    }
    const secrets = secretsIn({ ...environment, ...flags, ...secretSettings(asked) })
    const underNpm = environment['npm_lifecycle_event'] !== undefined
    await start({
      config: read(environment),
      readAnew: () => read(loadEnvironment()),
      demoModel,
      secrets,
      newKey,
      underNpm,
    })
  } catch (error) {
    await demoModel?.close()
    throw error
  }
}

interface Start {
  readonly config: Config
  /** The settings as they are now. @throws ConfigError */
  readonly readAnew: () => Config
  /** Present in demo mode. */
  readonly demoModel: DemoModel | undefined
  /** What must never reach the log. */
  readonly secrets: readonly string[]
  /** The key that was made at this start. */
  readonly newKey: string | undefined
  readonly underNpm: boolean
}

async function start(options: Start): Promise<void> {
  const { config, secrets } = options
  const metrics = createMetrics()
  const log = createLogger({
    level: logLevel(config),
    pretty: process.stdout.isTTY,
    secrets,
    onDropped: metrics.dropped,
  })
  await requireOperatorFolders(config)
  const [opening, binary] = await Promise.allSettled([openKeys(config, log), requireBinary(config)])
  if (opening.status === 'rejected') throw opening.reason
  const keys = opening.value
  try {
    if (binary.status === 'rejected') throw binary.reason
    await startServer({ ...options, metrics, log, keys })
  } catch (error) {
    await keys.close()
    throw error
  }
}

interface Parts extends Start {
  readonly metrics: Metrics
  readonly log: Logger
  readonly keys: Keys
}

async function startServer(options: Parts): Promise<void> {
  const { config, readAnew, demoModel, newKey, underNpm, metrics, log, keys } = options
  const liveConfig = createLiveConfig(config)
  const { current: currentConfig } = liveConfig
  const { store, pepper, authentication } = keys
  const { version } = packageInfo()
  const ending = new AbortController()
  const engine = createDeferredEngine()
  metrics.watch(() => engine.status())
  const schemas = createSchemaValidator()
  const instance = newInstanceName()
  const metering = openMetering({ config, currentConfig, keys, instance, metrics, log })
  const ownTools = openOwnTools({ config, currentConfig, store, pepper, log })
  const kept = openKept({ store, instance, currentConfig, log, metering, workspaces: ownTools.services.workspaces })
  const parts = {
    engine,
    config,
    currentConfig,
    log,
    metrics,
    schemas,
    store,
    authentication,
    ...kept.services,
    ...metering,
    ...ownTools.services,
    version,
  }
  const app = createApp({ ...parts, shutdown: ending.signal })
  const listening = await listenAsAsked(app, config, log).catch(async (error: unknown) => {
    await metering.ledger.close(0)
    throw error
  })
  const end = installShutdown({
    log,
    deadlineMs: config.DRAIN_TIMEOUT + 2 * AFTER_DRAIN_MS,
    underNpm,
    drain: async () => {
      await drain({ engine, listening, ending, graceMs: config.DRAIN_TIMEOUT })
      kept.close()
      await Promise.all([metering.ledger.close(LEDGER_MS), ownTools.close(LEDGER_MS)])
      await schemas.close()
      await demoModel?.close()
      await keys.close()
      log.info('stopped')
    },
  })
  installReload({ holder: liveConfig, read: readAnew, log, metrics, end })
  watchOurselves(config, metrics, log)
  try {
    // The Agent SDK takes a while to load: the port answers meanwhile.
    const { createEngine } = await import('../engine/create-engine.ts')
    engine.resolve(await createEngine({ config, currentConfig, log, observer: metrics.observer }))
  } catch (error) {
    listening.cut()
    await listening.close()
    await metering.ledger.close(0)
    throw error
  }
  writeBanner(process.stderr, {
    version,
    url: listening.url,
    ...(listening.moved ? { takenPort: config.PORT } : {}),
    ...(demoModel === undefined ? loginFacts(engine) : { login: 'none needed', missing: [] }),
    needsKey: authentication.needsKey(),
    chatLimit: metering.limitsHold() ? config.RATE_LIMIT_CHAT_PER_MINUTE : undefined,
    newKey,
    demo: demoModel !== undefined,
    logsContent: config.DEBUG_MODE,
  })
  announceModels(engine, log)
}

function watchOurselves({ WATCHDOG_TIMEOUT: timeoutMs }: Config, metrics: Metrics, log: Logger): void {
  const onHeld = (held: Held): void => {
    metrics.heldUp()
    log.warn(held, 'the server was held up by its own work')
  }
  const onError = (err: unknown): void => log.warn({ err }, 'the watchdog has ended')
  startWatchdog({ timeoutMs, onHeld, onError })
}

/** The key that somebody at a terminal wants to have made. */
async function askedKey(environment: Environment, flags: SettingFlags, demo: boolean): Promise<string | undefined> {
  const config = parseConfig(environment, flags)
  const { stdin, stdout, stderr } = process
  const isInteractive = [stdin, stdout, stderr].every((stream) => stream.isTTY)
  const hasKey = config.API_KEY !== undefined
  if (!mayAskForKey({ config, environment, hasKey, isInteractive, demo })) return undefined
  return (await checkDatabase(config)).hasKeys ? undefined : askForKey(stdin, stderr)
}

/** @throws when the binary is missing, does not run, or would run callers' text: nobody should find out by a request */
async function requireBinary(config: Config): Promise<void> {
  const bad = (await checkBinary(config)).find(({ verdict }) => verdict === 'failure')
  if (bad !== undefined) throw new Error(`Claude Code: ${bad.text}\n  -> ${bad.remedy ?? 'dragoman doctor tells more'}`)
}

async function startDemo(): Promise<DemoModel> {
  const { startDemoModel } = await import('../demo/demo-model.ts')
  return startDemoModel()
}

function forDemo(environment: Environment, flags: SettingFlags, { url }: DemoModel): Config {
  return parseConfig(demoEnvironment(environment, url), demoFlags(flags))
}

async function listenAsAsked(app: ReturnType<typeof createApp>, config: Config, log: Logger): Promise<Listening> {
  const { HOST: host, PORT: port, STRICT_PORT: strictPort } = config
  try {
    return await listen(app, { host, port, strictPort, log })
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? error.code : undefined
    const reasons: Readonly<Record<string, string>> = {
      EADDRINUSE: strictPort
        ? `port ${port} is taken and STRICT_PORT is set`
        : `port ${port} and those after it are taken`,
      EACCES: `port ${port} needs more rights: take one above 1023`,
      EADDRNOTAVAIL: `HOST=${host} is no address of this machine`,
      ENOTFOUND: `HOST=${host} is not known`,
    }
    throw new Error(reasons[String(code)] ?? `cannot listen on ${host}:${port} (${String(code)})`, { cause: error })
  }
}

interface Draining {
  readonly engine: Engine
  readonly listening: Listening
  readonly ending: AbortController
  readonly graceMs: number
}

/** New requests get a 503 while running ones get their time; what is left then ends with an error of ours. */
async function drain({ engine, listening, ending, graceMs }: Draining): Promise<void> {
  const timeIsUp = setTimeout(() => ending.abort(), graceMs)
  await engine.close(graceMs + AFTER_DRAIN_MS / 2)
  clearTimeout(timeIsUp)
  const cut = setTimeout(() => listening.cut(), AFTER_DRAIN_MS)
  await listening.close()
  clearTimeout(cut)
}

function loginFacts(engine: Engine): Pick<BannerFacts, 'login' | 'missing'> {
  const { reason, login, auth } = engine.status()
  return auth.method === 'none' ? { login: reason ?? login, missing: [] } : { login, missing: auth.missing }
}

function announceModels(engine: Engine, log: Logger): void {
  engine.models().then(
    (models) => log.info({ models: models.length, claudeCode: engine.status().version }, 'ready'),
    () => {
      const { state, reason } = engine.status()
      if (state !== 'draining') log.warn({ reason }, 'not ready: dragoman doctor tells more')
    },
  )
}
