/** One Claude Code process and the turn that it works on. It has one state at a time and never comes back from `dead`. */
import { randomUUID } from 'node:crypto'
import type { Model } from '../turn/model.ts'
import type { TurnEvent } from '../turn/turn-event.ts'
import { TurnFailure } from '../turn/turn-failure.ts'
import type { Turn } from '../turn/turn.ts'
import { AnswerReader } from './answer-reader.ts'
import type { Child } from './child.ts'
import type { ClaudeCode, Introduction, SDKMessage } from './claude-code.ts'
import type { Lane } from './egress/egress.ts'
import type { TurnGate } from './egress/turn-gate.ts'
import { loadHistory } from './history.ts'
import { Inbox } from './inbox.ts'
import { BASELINE, settingsFor } from './turn-settings.ts'

export type WorkerState = 'starting' | 'ready' | 'busy' | 'dead'

const ALLOWED: Record<WorkerState, readonly WorkerState[]> = {
  starting: ['ready', 'dead'],
  ready: ['busy', 'dead'],
  busy: ['dead'],
  dead: [],
}

export interface WorkerDeadlines {
  readonly initMs: number
  /** From the question to the model's first event. */
  readonly firstEventMs: number
  /** Between two events of an answer. */
  readonly idleMs: number
}

/** How long a process that has its model's answer may take to end the turn. */
const RESULT_GRACE_MS = 5000

export interface WorkerParts {
  readonly id: string
  readonly process: ClaudeCode
  readonly child: Child
  /** Absent where the egress is off. */
  readonly lane: Lane | undefined
  readonly deadlines: WorkerDeadlines
  /** Frees what the worker had on disk. */
  readonly cleanUp: () => Promise<void>
}

export class Worker {
  readonly id: string
  readonly #parts: WorkerParts
  readonly #inbox: Inbox<SDKMessage>
  #state: WorkerState = 'starting'
  #ending: Promise<void> | undefined

  constructor(parts: WorkerParts) {
    this.id = parts.id
    this.#parts = parts
    this.#inbox = new Inbox({ hold: () => parts.child.holdOutput(), resume: () => parts.child.resumeOutput() })
    void this.#pump()
    void parts.child.exited.then((how) => this.#inbox.end(new TurnFailure('worker_died', `the process ${how}`)))
  }

  get state(): WorkerState {
    return this.#state
  }

  /**
   * Waits until the process can take a turn.
   * @throws TurnFailure `worker_unavailable` when it dies or does not get ready in time.
   */
  async ready(signal: AbortSignal): Promise<Introduction> {
    const { process, child, deadlines } = this.#parts
    const died = child.exited.then((how): never => {
      throw this.#unavailable(`the process ${how} before it was ready`)
    })
    const introduction = await within(deadlines.initMs, signal, Promise.race([process.introduction, died]), () =>
      this.#unavailable('the process did not get ready in time'),
    ).catch((error: unknown): never => {
      throw error instanceof TurnFailure ? error : this.#unavailable('the process could not get ready', error)
    })
    this.#transition('ready')
    return introduction
  }

  /** Asks the turn and streams its answer. The worker has to be ready; afterwards it is to be ended. */
  async *run(turn: Turn, model: Model | undefined, signal: AbortSignal): AsyncGenerator<TurnEvent> {
    this.#transition('busy')
    const { process, lane } = this.#parts
    await this.#applySettings(turn, model, signal)
    const question = await loadHistory(turn.conversation, {
      process,
      model: turn.model,
      taken: () => this.#untilResult(signal),
    })
    const gate = lane?.openGate()
    try {
      process.sendUser(randomUUID(), question, { ask: true })
      yield* this.#answer(gate, signal)
    } finally {
      gate?.close()
      if (signal.aborted && gate === undefined) process.interrupt().catch(() => undefined)
    }
  }

  /** Ends the process, whatever it does. Resolves when it is gone and nothing of it is left. */
  end(): Promise<void> {
    this.#ending ??= this.#end()
    return this.#ending
  }

  async *#answer(gate: TurnGate | undefined, signal: AbortSignal): AsyncGenerator<TurnEvent> {
    const { deadlines, process } = this.#parts
    const reader = new AnswerReader()
    let begun = false
    let interrupted = false
    for (;;) {
      const message: SDKMessage | undefined = await this.#inbox
        .take({ signal, ...waitFor(reader, begun, deadlines) })
        .catch((error: unknown) => {
          // Everything has been said but the process's own good-bye.
          if (error instanceof TurnFailure && reader.stopped !== undefined && error.kind !== 'aborted') return undefined
          throw error
        })
      if (message === undefined) return yield* reader.finishWithoutResult()
      if (message.type === 'result')
        return yield* reader.finish(message, gate?.facts ?? { calls: 1 }, message.total_cost_usd)
      begun ||= message.type === 'stream_event'
      yield* reader.read(message)
      // The egress refuses a second call; where there is none the process has to be stopped before it makes one.
      if (gate === undefined && reader.goesOn && !interrupted) {
        interrupted = true
        await process.interrupt()
      }
    }
  }

  async #applySettings(turn: Turn, model: Model | undefined, signal: AbortSignal): Promise<void> {
    const { process, deadlines } = this.#parts
    const wanted = settingsFor(turn, model)
    const changes: Promise<void>[] = []
    if (wanted.effort !== BASELINE.effort || wanted.maxOutputTokens !== BASELINE.maxOutputTokens) {
      changes.push(process.applyEffortAndLimit(wanted))
    }
    if (wanted.thinking !== BASELINE.thinking) changes.push(process.applyThinking(wanted.thinking))
    await within(deadlines.initMs, signal, Promise.all(changes), () =>
      this.#unavailable('the process did not take its settings'),
    )
  }

  async #untilResult(signal: AbortSignal): Promise<void> {
    const timeout = {
      timeoutMs: this.#parts.deadlines.initMs,
      onTimeout: () => this.#unavailable('the process did not take in a message'),
    }
    for (;;) {
      const message = await this.#inbox.take({ signal, ...timeout })
      if (message.type === 'result') return
    }
  }

  async #pump(): Promise<void> {
    const { process, child } = this.#parts
    // A rejection reaches whoever waits in `ready`; without a waiter it must not take the server down.
    process.introduction.catch(() => undefined)
    try {
      for await (const message of process.messages) this.#inbox.put(message)
    } catch (error) {
      // The SDK also throws after a result that reports an error, when that result is already in the inbox.
      this.#inbox.end(new TurnFailure('worker_died', 'the process broke off', { cause: error }))
      return
    }
    if (!child.alive) return
    this.#inbox.end(new TurnFailure('worker_died', 'the process stopped talking'))
  }

  async #end(): Promise<void> {
    this.#transition('dead')
    const { process, child, lane, cleanUp } = this.#parts
    this.#inbox.end(new TurnFailure('draining', 'the worker was ended'))
    lane?.close()
    const gone = child.end()
    process.close()
    await gone
    this.#inbox.clear()
    await cleanUp()
  }

  #transition(next: WorkerState): void {
    if (!ALLOWED[this.#state].includes(next)) throw new Error(`a ${this.#state} worker cannot be ${next}`)
    this.#state = next
  }

  #unavailable(message: string, cause?: unknown): TurnFailure {
    const stderr = this.#parts.child.stderrTail().trim().slice(-500)
    return new TurnFailure('worker_unavailable', stderr === '' ? message : `${message}: ${stderr}`, { cause })
  }
}

function waitFor(
  reader: AnswerReader,
  begun: boolean,
  deadlines: WorkerDeadlines,
): { timeoutMs: number; onTimeout: () => TurnFailure } {
  const timeoutMs = reader.stopped !== undefined ? RESULT_GRACE_MS : begun ? deadlines.idleMs : deadlines.firstEventMs
  return {
    timeoutMs,
    onTimeout: () => new TurnFailure('upstream_timeout', begun ? 'the model fell silent' : 'the model did not begin'),
  }
}

/** The promise, unless the time is over or the signal aborts first. */
async function within<T>(
  timeoutMs: number,
  signal: AbortSignal,
  promise: Promise<T>,
  onTimeout: () => TurnFailure,
): Promise<T> {
  // Nobody listens any more once the wait is cut.
  promise.catch(() => undefined)
  if (signal.aborted) throw aborted()
  let stopWaiting = (): void => undefined
  const cut = new Promise<never>((_, reject) => {
    const timer = setTimeout(() => reject(onTimeout()), timeoutMs)
    const onAbort = (): void => reject(aborted())
    signal.addEventListener('abort', onAbort, { once: true })
    stopWaiting = () => {
      clearTimeout(timer)
      signal.removeEventListener('abort', onAbort)
    }
  })
  try {
    return await Promise.race([promise, cut])
  } finally {
    stopWaiting()
  }
}

function aborted(): TurnFailure {
  return new TurnFailure('aborted', 'the turn was aborted')
}
