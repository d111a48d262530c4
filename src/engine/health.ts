/** What is known of Claude Code: its version, models and whether it works; from a trial process and from every turn. */
import type { Logger } from 'pino'
import { findModel, type Model } from '../turn/model.ts'
import { TurnFailure } from '../turn/turn-failure.ts'
import type { Introduction } from './claude-code.ts'
import type { AuthStatus, EngineStatus } from './engine.ts'
import { toModels } from './live-models.ts'
import { createProbation } from './probation.ts'

export interface Health {
  /** @throws TurnFailure when no process gets ready. */
  models(): Promise<readonly Model[]>
  /** The live list's entry for an id or alias, as far as it is known by now. */
  modelNamed(name: string): Model | undefined
  status(): Pick<EngineStatus, 'state' | 'reason' | 'trial' | 'version'>
  /** What is known of the account, once a process has told it. */
  account(): Pick<AuthStatus, 'subscription'>
  sawReady(introduction: Introduction): void
  /** A turn is about to be asked. */
  sawTurn(): void
  sawAnswer(): void
  sawFailure(error: unknown): void
  drain(): void
}

const MENDED_BY = {
  upstream_auth:
    'the model API does not accept the login: log in again with `dragoman login`, or replace the key or the credentials',
  not_authenticated:
    'Claude Code is not logged in: run `dragoman login`, or set ANTHROPIC_API_KEY or CLAUDE_CODE_OAUTH_TOKEN',
  worker_unavailable: 'no Claude Code process gets ready: `dragoman doctor` tells more',
} as const

export interface HealthParts {
  /** Starts a process that the first turn can use. */
  readonly warmUp: (signal: AbortSignal) => Promise<Introduction>
  readonly log: Logger
  /** Milliseconds between trial processes while none gets ready. */
  readonly tryAgainMs?: number
  /** Milliseconds until a turn may try whether a refused login is accepted again. */
  readonly trialAfterMs?: number
}

/** Whoever sends requests by `/ready` sends none to a server in trouble: it has to find out by itself that it is over. */
const TRY_AGAIN_MS = 10_000
const TRIAL = { afterMs: 5_000, mostMs: 60_000 }

export function createHealth({
  warmUp,
  log,
  tryAgainMs = TRY_AGAIN_MS,
  trialAfterMs = TRIAL.afterMs,
}: HealthParts): Health {
  let known: { readonly version: string | undefined; readonly models: readonly Model[] } | undefined
  let subscription: string | undefined
  const probation = createProbation({ firstMs: trialAfterMs, mostMs: TRIAL.mostMs, now: () => performance.now() })
  let trouble: string | undefined
  let draining = false
  let trial: Promise<void> | undefined
  const shutdown = new AbortController()

  /** The first counts: a process lists the model that it was started with too, whatever that is. */
  const sawReady = (introduction: Introduction): void => {
    const { version, models } = introduction
    known ??= { version, models: toModels(models) }
    subscription = introduction.subscription
  }
  const sawFailure = (error: unknown): void => {
    if (!(error instanceof TurnFailure)) return
    if (error.kind === 'upstream_auth' || error.kind === 'not_authenticated' || error.kind === 'worker_unavailable') {
      trouble = MENDED_BY[error.kind]
      if (error.kind === 'upstream_auth') probation.refused()
      else tryLater()
    }
  }
  let later: NodeJS.Timeout | undefined
  const tryLater = (): void => {
    if (draining || later !== undefined) return
    later = setTimeout(() => {
      later = undefined
      if (!draining && trouble !== undefined) tryOut().catch(() => undefined)
    }, tryAgainMs).unref()
  }
  /** Starts a process without a turn. One trial at a time. */
  const tryOut = (): Promise<void> => {
    trial ??= warmUp(shutdown.signal)
      .then((introduction) => {
        sawReady(introduction)
        trouble = introduction.loginSource === undefined ? MENDED_BY.not_authenticated : undefined
      })
      .catch((error: unknown) => {
        sawFailure(error)
        if (!draining) log.error({ err: error }, 'Claude Code could not be started')
        throw error
      })
      .finally(() => {
        trial = undefined
        if (trouble !== undefined && trouble !== MENDED_BY.upstream_auth) tryLater()
      })
    return trial
  }
  // Whoever asks for the models gets the failure; the log has it too.
  tryOut().catch(() => undefined)

  return {
    models: async () => {
      if (known === undefined) await tryOut()
      if (known === undefined) throw new TurnFailure('worker_unavailable', 'no process got ready')
      return known.models
    },
    modelNamed: (name) => findModel(known?.models ?? [], name),
    status: () => {
      const version = known?.version === undefined ? {} : { version: known.version }
      if (draining) return { state: 'draining', ...version }
      const mayTry = trouble === MENDED_BY.upstream_auth && probation.isOpen ? { trial: true as const } : {}
      if (trouble !== undefined) return { state: 'degraded', reason: trouble, ...mayTry, ...version }
      return { state: known === undefined ? 'starting' : 'ready', ...version }
    },
    account: () => (subscription === undefined ? {} : { subscription }),
    sawReady,
    sawTurn: () => probation.tries(),
    sawAnswer: () => {
      trouble = undefined
      probation.passed()
    },
    sawFailure,
    drain: () => {
      draining = true
      shutdown.abort()
    },
  }
}
