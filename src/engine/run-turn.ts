/** A turn from the queue to its last event: a slot, a process, and where nothing has gone out yet a second try. */
import type { Logger } from 'pino'
import type { TurnEvent } from '../turn/turn-event.ts'
import { type FailureKind, TurnFailure } from '../turn/turn-failure.ts'
import type { Turn } from '../turn/turn.ts'
import { lastAltered } from './altered-images.ts'
import { digestChain } from './conversation-digest.ts'
import type { Health } from './health.ts'
import type { KeptReasoning } from './kept-reasoning.ts'
import type { ModelCapabilities } from './model-capabilities.ts'
import { type EngineObserver, outcomeOf, type TurnOutcome } from './observer.ts'
import type { Lease, Pool } from './pool.ts'
import type { AnsweredCalls } from './reasoning-reader.ts'
import { isOfTheModel, refusedFeature } from './refused-feature.ts'
import type { Scheduler } from './scheduler.ts'
import { type KnownModel, settingsFor } from './turn-settings.ts'

export interface RunTurnParts {
  readonly scheduler: Scheduler
  readonly pool: Pool
  readonly health: Health
  readonly capabilities: ModelCapabilities
  readonly reasoning: KeptReasoning
  readonly log: Logger
  readonly observer: EngineObserver
}

export type RunTurn = (turn: Turn, signal: AbortSignal) => AsyncGenerator<TurnEvent>

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
  const { scheduler, pool, health, capabilities, reasoning, log, observer } = parts
  /** One try on one process. `slot.free` is when its process is fit for another, or gone. */
  async function* attempt(turn: Turn, signal: AbortSignal, slot: { free: Promise<void> }): AsyncGenerator<TurnEvent> {
    const toolMode = turn.toolUse === undefined ? ('text' as const) : ('functions' as const)
    const profile = { model: turn.model, system: turn.system ?? '', toolMode }
    const { conversation } = turn
    const chain = digestChain(conversation)
    const lease = await pool.lease(
      { profile, principalId: turn.principal.id, conversation, chain, lastAltered: lastAltered(conversation) },
      signal,
    )
    try {
      sawLease(parts, turn, lease)
      const model = knownModel(parts, turn)
      const couldThink = settingsFor(turn, model).thinking !== 'off'
      let answeredBy = ''
      const onAnswer = (answer: AnsweredCalls): void => reasoning.keep({ turn, answeredBy, couldThink }, answer)
      for await (const event of lease.worker.run({ turn, chain, model, onAnswer }, signal)) {
        if (event.type === 'start') answeredBy = event.model
        yield event.type === 'start' ? { ...event, lease: lease.kind } : event
      }
      health.sawAnswer()
    } finally {
      slot.free = lease.release()
    }
  }

  /** The turn on a slot: again on another process while nothing has gone out and it may help. */
  async function* tryTurn(turn: Turn, signal: AbortSignal, slot: { free: Promise<void> }): AsyncGenerator<TurnEvent> {
    let recalled = reasoning.recall(turn)
    let wasRefused = false
    for (let tries = 1; ; tries += 1) {
      let begun = false
      try {
        for await (const event of attempt(recalled, signal, slot)) {
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

  return async function* run(turn, signal) {
    const watch = createStopwatch(observer)
    const freeSlot = await scheduler.acquire(turn.principal.id, signal).catch((error: unknown): never => {
      watch.end(outcomeOf(error))
      throw error
    })
    watch.startedWork()
    const slot = { free: Promise.resolve() }
    let outcome: TurnOutcome = 'left'
    try {
      for await (const event of tryTurn(turn, signal, slot)) {
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

function sawLease({ health, log }: RunTurnParts, { id }: Turn, { worker, introduction, kind }: Lease): void {
  health.sawReady(introduction)
  health.sawTurn()
  log.debug({ requestId: id, lease: kind, worker: worker.id }, 'the turn has a process')
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

function knownModel({ health, capabilities }: RunTurnParts, { model }: Turn): KnownModel {
  return { efforts: health.modelNamed(model)?.efforts ?? [], capabilities: capabilities.of(model) }
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
