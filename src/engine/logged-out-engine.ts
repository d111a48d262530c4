/** What serves while there is nothing to log in with: everything but answers. Once somebody has logged in, the engine. */
import type { Logger } from 'pino'
import { TurnFailure } from '../turn/turn-failure.ts'
import { type Engine, type EngineStatus, NO_WORKERS } from './engine.ts'
import { estimateUnknown } from './estimate.ts'
import type { Login, LoginResult } from './login-method.ts'
import { createModelCapabilities } from './model-capabilities.ts'

export interface LoggedOutParts {
  /** For people: what there is to do. */
  readonly missing: string
  /** Costs next to nothing. */
  readonly look: () => LoginResult
  readonly start: (login: Login) => Promise<Engine>
  readonly log: Logger
  /** Milliseconds between looks. A turn looks too. */
  readonly lookMs?: number
}

const LOOK_MS = 2000

export function createLoggedOutEngine({ look, start, log, lookMs = LOOK_MS, ...first }: LoggedOutParts): Engine {
  let missing = first.missing
  let real: Engine | undefined
  let starting: Promise<Engine | undefined> | undefined
  let closed = false
  const unknown = createModelCapabilities(() => undefined)
  const estimate = estimateUnknown()

  /** The engine, where there is a login by now. */
  const find = async (): Promise<Engine | undefined> => {
    if (real !== undefined || closed) return real
    starting ??= tryStart().finally(() => (starting = undefined))
    return starting
  }
  const tryStart = async (): Promise<Engine | undefined> => {
    const found = look()
    if ('missing' in found) {
      missing = found.missing
      return undefined
    }
    real = await start(found.login)
    clearInterval(timer)
    log.info({ login: real.status().login }, 'logged in')
    return real
  }
  const timer = setInterval(() => {
    find().catch((error: unknown) => log.error({ err: error }, 'there is a login, but the engine cannot start'))
  }, lookMs).unref()
  const found = async (): Promise<Engine> => {
    const engine = await find()
    if (engine === undefined) throw new TurnFailure('not_authenticated', missing)
    return engine
  }
  return {
    admit: (principalId) => real?.admit(principalId),
    async *run(turn, signal, meter) {
      yield* (await found()).run(turn, signal, meter)
    },
    estimate: (turn) => (real?.estimate ?? estimate)(turn),
    models: async () => (await found()).models(),
    capabilities: (model) => (real?.capabilities ?? unknown.of)(model),
    status: () => real?.status() ?? loggedOut(missing, closed),
    isDraining: () => real?.isDraining() ?? loggedOut(missing, closed).state === 'draining',
    close: async (graceMs) => {
      closed = true
      clearInterval(timer)
      await starting?.catch(() => undefined)
      await real?.close(graceMs)
    },
  }
}

function loggedOut(missing: string, closed: boolean): EngineStatus {
  return {
    state: closed ? 'draining' : 'degraded',
    reason: `Claude Code is not logged in: ${missing}`,
    login: 'none',
    auth: { method: 'none', missing: [missing] },
    provider: 'anthropic',
    egress: false,
    commands: 'none',
    reuse: 'off',
    workers: NO_WORKERS,
    queued: 0,
  }
}
