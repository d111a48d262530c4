import type { Logger } from 'pino'
import type { Config } from '../config.ts'
import type { TurnEvent } from '../turn/turn-event.ts'
import { type FailureKind, TurnFailure } from '../turn/turn-failure.ts'
import type { Turn } from '../turn/turn.ts'
import { findBinary } from './binary.ts'
import { createDeathWatch, detectDeathWatchMethod } from './death-watch.ts'
import { type Egress, startEgress } from './egress/egress.ts'
import type { Engine, EngineStatus } from './engine.ts'
import { createHealth } from './health.ts'
import { detectLogin, type Login } from './login.ts'
import { createPool, type Lease } from './pool.ts'
import { createRunFolder } from './run-folder.ts'
import { createScheduler } from './scheduler.ts'
import { defaultWorkerLimit } from './worker-limit.ts'
import { createWorkerFactory } from './worker-factory.ts'

/** A turn is tried this often while nothing of it has gone out. */
const ATTEMPTS = 2

/** What another try on another process can mend. */
const PASSING: ReadonlySet<FailureKind> = new Set<FailureKind>([
  'worker_died',
  'worker_unavailable',
  'upstream_overloaded',
  'upstream_error',
])

/** Milliseconds before the second try, so that what is passing can pass. */
const RETRY_DELAY_MS = { least: 150, most: 400 }

/**
 * Builds the engine. Processes are started on demand; one is started at once to learn the models and to prove that the
 * binary and the login work.
 * @throws when there is no binary or the data folder cannot be used.
 */
export async function createEngine({ config, log }: { config: Config; log: Logger }): Promise<Engine> {
  const found = detectLogin(config)
  if ('missing' in found) return createLoggedOutEngine(found.missing)
  const { login } = found
  const binary = findBinary(config.CLAUDE_CLI_PATH)
  if (binary === undefined)
    throw new Error(`the Agent SDK brings no Claude Code binary for ${process.platform}-${process.arch}`)
  const runFolder = await createRunFolder(config.DATA_DIR)
  const egress = await openEgress(config, login)
  const deathWatch = createDeathWatch(detectDeathWatchMethod())
  const limit = config.MAX_WORKERS ?? defaultWorkerLimit()
  const scheduler = createScheduler({ slots: limit, maxQueue: config.MAX_QUEUE, timeoutMs: config.QUEUE_TIMEOUT })
  const pool = createPool(
    createWorkerFactory({
      binary,
      environment: config.environment,
      login,
      egress,
      runFolder,
      deathWatch,
      deadlines: { initMs: config.INIT_TIMEOUT, firstEventMs: config.FIRST_EVENT_TIMEOUT, idleMs: config.IDLE_TIMEOUT },
    }),
  )
  const health = createHealth({ pool, log })

  async function* attempt(
    turn: Turn,
    signal: AbortSignal,
    released: (done: Promise<void>) => void,
  ): AsyncGenerator<TurnEvent> {
    const profile = { model: turn.model, system: turn.system ?? '' }
    const lease: Lease = await pool.lease(profile, signal)
    try {
      health.sawReady(lease.introduction)
      yield* lease.worker.run(turn, health.modelNamed(turn.model), signal)
      health.sawAnswer()
    } catch (error) {
      health.sawFailure(error)
      throw error
    } finally {
      released(lease.release())
    }
  }

  async function* run(turn: Turn, signal: AbortSignal): AsyncGenerator<TurnEvent> {
    const freeSlot = await scheduler.acquire(turn.principal.id, signal)
    let gone: Promise<void> = Promise.resolve()
    try {
      for (let tries = 1; ; tries += 1) {
        let begun = false
        try {
          for await (const event of attempt(turn, signal, (done) => (gone = done))) {
            begun = true
            yield event
          }
          return
        } catch (error) {
          const passing = error instanceof TurnFailure && PASSING.has(error.kind)
          log.warn({ requestId: turn.id, tries, failure: describeFailure(error) }, 'turn failed')
          if (begun || !passing || tries >= ATTEMPTS) throw error
          await gone
          await pause(signal)
        }
      }
    } finally {
      // The slot is a process: it is free when the process is gone.
      void gone.catch((error: unknown) => log.error({ error }, 'a process could not be ended')).then(freeSlot)
    }
  }

  return {
    run,
    models: () => health.models(),
    status: () => ({
      ...health.status(),
      login: login.source,
      egress: egress !== undefined,
      workers: { live: pool.live, busy: scheduler.running, limit },
      queued: scheduler.queued,
    }),
    close: async (graceMs) => {
      health.drain()
      scheduler.drain()
      await scheduler.idle(graceMs)
      await pool.close()
      await egress?.close()
      deathWatch.close()
      await runFolder.remove()
    },
  }
}

function openEgress(config: Config, login: Login): Promise<Egress> | undefined {
  if (!config.EGRESS || login.egress === undefined) return undefined
  return startEgress({ ...login.egress, environment: config.environment })
}

function describeFailure(error: unknown): object {
  if (!(error instanceof TurnFailure)) return { kind: 'unexpected', error }
  return { kind: error.kind, message: error.message, cause: error.cause }
}

function pause(signal: AbortSignal): Promise<void> {
  const { least, most } = RETRY_DELAY_MS
  return new Promise((resolve) => {
    const timer = setTimeout(resolve, least + Math.random() * (most - least))
    signal.addEventListener('abort', () => (clearTimeout(timer), resolve()), { once: true })
  })
}

/** What serves while there is nothing to log in with: everything but answers. */
function createLoggedOutEngine(missing: string): Engine {
  const failure = (): TurnFailure => new TurnFailure('not_authenticated', missing)
  const status: EngineStatus = {
    state: 'degraded',
    reason: `Claude Code is not logged in: ${missing}`,
    login: 'none',
    egress: false,
    workers: { live: 0, busy: 0, limit: 0 },
    queued: 0,
  }
  return {
    // oxlint-disable-next-line require-yield -- it has nothing to give
    async *run() {
      throw failure()
    },
    models: () => Promise.reject(failure()),
    status: () => status,
    close: () => Promise.resolve(),
  }
}
