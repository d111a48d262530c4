/** A turn from the queue to its last event: a slot, a process, and where nothing has gone out yet a second try. */
import type { Logger } from 'pino'
import type { Meter } from '../turn/spending.ts'
import type { TurnEvent } from '../turn/turn-event.ts'
import { type FailureKind, TurnFailure } from '../turn/turn-failure.ts'
import type { Turn } from '../turn/turn.ts'
import { type AttemptParts, createAttempt, type Running } from './attempt-turn.ts'
import type { AttemptWithTools } from './own-tools/attempt-with-tools.ts'
import type { ModelCapabilities } from './model-capabilities.ts'
import { type EngineObserver, outcomeOf, type TurnOutcome } from './observer.ts'
import { isOfTheModel, refusedFeature } from './refused-feature.ts'
import type { Scheduler } from './scheduler.ts'

export interface RunTurnParts extends AttemptParts {
  readonly scheduler: Scheduler
  readonly observer: EngineObserver
  readonly attemptWithTools: AttemptWithTools
}

export type RunTurn = (turn: Turn, signal: AbortSignal, meter?: Meter) => AsyncGenerator<TurnEvent>

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

export function createRunTurn(parts: RunTurnParts): RunTurn {
  const { scheduler, health, capabilities, reasoning, log, observer } = parts
  const answerOnly = createAttempt(parts)
  const attempt = (turn: Turn, signal: AbortSignal, running: Running): AsyncGenerator<TurnEvent> =>
    turn.ownTools === undefined
      ? answerOnly(turn, signal, running)
      : parts.attemptWithTools({ ...turn, ownTools: turn.ownTools }, signal, running)
  /** The turn on a slot: again on another process while nothing has gone out and it may help. */
  async function* tryTurn(turn: Turn, signal: AbortSignal, running: Running): AsyncGenerator<TurnEvent> {
    const { slot } = running
    let recalled = reasoning.recall(turn)
    let wasRefused = false
    for (let tries = 1; ; tries += 1) {
      let begun = false
      try {
        for await (const event of attempt(recalled, signal, running)) {
          begun = true
          yield event
        }
        return
      } catch (failure) {
        const bare = begun || wasRefused ? undefined : reasoning.afterRefusal(failure, turn)
        const error = bare === undefined ? learnFrom(failure, recalled, capabilities) : failure
        health.sawFailure(error)
        logFailure(log, turn, tries, error)
        if (bare !== undefined) {
          wasRefused = true
          recalled = bare
          await slot.free
          continue
        }
        const passing = error instanceof TurnFailure && PASSING.has(error.kind)
        if (begun || !passing || tries >= ATTEMPTS) throw error
        await slot.free
        await pause(signal)
      }
    }
  }

  return async function* run(turn, signal, meter) {
    const watch = createStopwatch(observer)
    const freeSlot = await scheduler.acquire(turn.principal.id, signal).catch((error: unknown): never => {
      watch.end(outcomeOf(error))
      throw error
    })
    watch.startedWork()
    const slot = { free: Promise.resolve() }
    let outcome: TurnOutcome = 'left'
    try {
      for await (const event of tryTurn(turn, signal, { slot, meter })) {
        watch.sawEvent()
        if (event.type === 'finish') outcome = event.reason
        yield event
      }
    } catch (error) {
      outcome = outcomeOf(error)
      throw error
    } finally {
      watch.end(outcome)
      // The slot is a process: it is free when the process is fit for another turn, or gone.
      slot.free.catch((error: unknown) => log.error({ err: error }, 'a process could not be ended')).finally(freeSlot)
    }
  }
}

/** What a model refuses for itself is remembered of it. */
function learnFrom(error: unknown, turn: Turn, capabilities: ModelCapabilities): unknown {
  if (!(error instanceof TurnFailure) || error.kind !== 'upstream_invalid_request') return error
  const { message } = error
  const feature = refusedFeature(message, turn)
  if (feature === undefined) return error
  if (isOfTheModel(feature, message)) capabilities.learn(turn.model, feature)
  return new TurnFailure('feature_refused', message, { cause: error, feature })
}

function logFailure(log: Logger, turn: Turn, tries: number, error: unknown): void {
  const kind = error instanceof TurnFailure ? error.kind : undefined
  if (kind === 'aborted') log.debug({ requestId: turn.id }, 'the caller left')
  // Nobody has to do anything: it is asked for in another way.
  else if (kind === 'feature_refused') log.info({ requestId: turn.id, err: error }, 'the model does not take all of it')
  else log.warn({ requestId: turn.id, tries, err: error }, 'turn failed')
}

interface Stopwatch {
  startedWork(): void
  sawEvent(): void
  end(outcome: TurnOutcome): void
}

/** Times a turn for the observer. */
function createStopwatch(observer: EngineObserver): Stopwatch {
  const began = performance.now()
  const seconds = (): number => (performance.now() - began) / 1000
  let seen = false
  return {
    startedWork: () => observer.waited(seconds()),
    sawEvent: () => {
      if (!seen) observer.firstToken(seconds())
      seen = true
    },
    end: (outcome) => observer.turnEnded(outcome, seconds()),
  }
}

function pause(signal: AbortSignal): Promise<void> {
  const { least, most } = RETRY_DELAY_MS
  return new Promise((resolve) => {
    const timer = setTimeout(resolve, least + Math.random() * (most - least))
    const onAbort = (): void => {
      clearTimeout(timer)
      resolve()
    }
    signal.addEventListener('abort', onAbort, { once: true })
  })
}
