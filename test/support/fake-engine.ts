/** An engine without Claude Code: the test says what it answers, event by event, and sees what it was asked. */
import { type Engine, type EngineStatus, NO_WORKERS } from '../../src/engine/engine.ts'
import { createModelCapabilities } from '../../src/engine/model-capabilities.ts'
import { findModel, type Model } from '../../src/turn/model.ts'
import type { FinishEvent, TurnEvent } from '../../src/turn/turn-event.ts'
import type { Meter } from '../../src/turn/spending.ts'
import { TurnFailure } from '../../src/turn/turn-failure.ts'
import type { Turn } from '../../src/turn/turn.ts'

/** What `run` yields; throwing fails the turn. `signal` is the turn's. */
export type Script = (turn: Turn, signal: AbortSignal) => AsyncIterable<TurnEvent>

export interface FakeEngine extends Engine {
  readonly turns: Turn[]
  /** Resolves when a turn's signal has aborted. */
  readonly aborted: Promise<void>
  /** Resolves when the iteration of a turn has ended, however it did. */
  readonly ended: Promise<void>
  /** Resolves when the first turn has begun. */
  readonly begun: Promise<void>
  setStatus(status: Partial<EngineStatus>): void
  /** From now on no turn is admitted. */
  refuse(failure: TurnFailure): void
}

export const MODELS: readonly Model[] = [
  {
    id: 'claude-sonnet-5-5',
    aliases: ['default', 'sonnet'],
    displayName: 'Sonnet 5.5',
    description: 'For everyday work.',
    efforts: ['low', 'medium', 'high', 'max'],
    thinkingCanBeOff: false,
  },
  {
    id: 'claude-haiku-4-5',
    aliases: ['haiku'],
    displayName: 'Haiku 4.5',
    description: 'Fastest.',
    efforts: [],
    thinkingCanBeOff: true,
  },
]

export const START: TurnEvent = { type: 'start', model: 'claude-sonnet-5-5' }

export const FINISH: FinishEvent = {
  type: 'finish',
  reason: 'done',
  usage: {
    inputTokens: 30,
    cacheReadTokens: 10,
    cacheWriteTokens: 5,
    outputTokens: 7,
    reasoningTokens: 2,
    costUsd: 0.0123,
  },
}

/** Says the given texts, then finishes. */
export function says(...texts: string[]): Script {
  return async function* () {
    yield START
    for (const text of texts) yield { type: 'text', text }
    yield FINISH
  }
}

/** Says the given texts, then waits until the turn is aborted. */
export function saysThenHangs(...texts: string[]): Script {
  return async function* (_, signal) {
    if (texts.length > 0) yield START
    for (const text of texts) yield { type: 'text', text }
    await untilAborted(signal)
    throw new TurnFailure('aborted', 'the turn was aborted')
  }
}

/** Says the given texts, then fails. */
export function fails(error: Error, ...texts: string[]): Script {
  return async function* () {
    if (texts.length > 0) yield START
    for (const text of texts) yield { type: 'text', text }
    throw error
  }
}

/** Does not react to anything, not even to the signal. */
export const deaf: Script = () => ({
  [Symbol.asyncIterator]: () => ({ next: () => new Promise(() => undefined) }),
})

export function createFakeEngine(script: Script = says('Hello', ' there')): FakeEngine {
  const turns: Turn[] = []
  const aborted = deferred()
  const ended = deferred()
  const begun = deferred()
  let status: EngineStatus = {
    state: 'ready',
    version: '2.1.330',
    login: 'api_key',
    auth: { method: 'api_key', missing: [] },
    provider: 'anthropic',
    egress: true,
    commands: 'sandboxed',
    reuse: 'on',
    workers: { ...NO_WORKERS, live: 1, limit: 4 },
    queued: 0,
  }
  let refusal: TurnFailure | undefined
  return {
    turns,
    aborted: aborted.promise,
    ended: ended.promise,
    begun: begun.promise,
    admit: () => {
      if (refusal !== undefined) throw refusal
    },
    refuse: (failure) => (refusal = failure),
    async *run(turn, signal, meter) {
      turns.push(turn)
      begun.resolve()
      signal.addEventListener('abort', () => aborted.resolve(), { once: true })
      if (signal.aborted) aborted.resolve()
      try {
        yield* metered(script(turn, signal), turn, meter)
      } finally {
        ended.resolve()
      }
    },
    estimate: () => ESTIMATE,
    models: () => Promise.resolve(MODELS),
    capabilities: createModelCapabilities((name) => findModel(MODELS, name)).of,
    status: () => status,
    isDraining: () => status.state === 'draining',
    close: () => Promise.resolve(),
    setStatus(change) {
      status = { ...status, ...change }
    },
  }
}

/** What a turn may take at most. */
const ESTIMATE = { inputTokens: 30, outputTokens: 1000, inputUsd: 0.01, outputUsd: 0.04 }

/** Tells what was taken: as `finish` has it, or what had come when it broke off. */
async function* metered(
  events: AsyncIterable<TurnEvent>,
  { model }: Turn,
  meter: Meter | undefined,
): AsyncGenerator<TurnEvent> {
  let answeredBy: string | undefined
  let isFinished = false
  try {
    for await (const event of events) {
      if (event.type === 'start') answeredBy = event.model
      if (event.type === 'finish') {
        isFinished = true
        const { costUsd = 0 } = event.usage
        meter?.took({ model: answeredBy ?? model, usage: { ...event.usage, costUsd }, isEstimate: false })
      }
      yield event
    }
  } finally {
    const usage = { ...FINISH.usage, outputTokens: 1, costUsd: 0.001 }
    if (!isFinished && answeredBy !== undefined) meter?.took({ model: answeredBy, usage, isEstimate: true })
  }
}

function untilAborted(signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) resolve()
    signal.addEventListener('abort', () => resolve(), { once: true })
  })
}

function deferred(): { promise: Promise<void>; resolve: () => void } {
  let resolve = (): void => undefined
  const promise = new Promise<void>((done) => {
    resolve = done
  })
  return { promise, resolve }
}
