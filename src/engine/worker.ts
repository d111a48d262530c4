/** One Claude Code process and the turns that it works on, one at a time. It never comes back from `dead`. */
import { randomUUID } from 'node:crypto'
import type { TurnEvent } from '../turn/turn-event.ts'
import { TurnFailure } from '../turn/turn-failure.ts'
import { readerFor } from './answer-reader.ts'
import { AppliedSettings } from './applied-settings.ts'
import { CallWatch } from './call-watch.ts'
import type { Child } from './child.ts'
import type { ClaudeCode, Introduction, LiveSettings, MessageBlock, SDKMessage } from './claude-code.ts'
import { within } from './deadline.ts'
import type { Lane } from './egress/egress.ts'
import { loadHistory, nameResults } from './history.ts'
import { Inbox } from './inbox.ts'
import { type Beginning, Memory } from './memory.ts'
import type { Question } from './question.ts'
import { type AnswerDeadlines, streamAnswer } from './stream-answer.ts'
import { settingsFor } from './turn-settings.ts'
import { mayBecome, type WorkerState } from './worker-state.ts'

export interface WorkerDeadlines extends AnswerDeadlines {
  /** Milliseconds until a process is ready, or has taken in what it is to know. */
  readonly initMs: number
}

/** How long a process may take to stop and to forget. */
const RESET_MS = 2000

export interface WorkerParts {
  readonly id: string
  readonly process: ClaudeCode
  readonly child: Child
  /** Whether the process had been spawned ahead. */
  readonly fromSpare: boolean
  /** Absent where it was started empty. */
  readonly beginning: Beginning | undefined
  /** Absent where the egress is off. */
  readonly lane: Lane | undefined
  /** As they are now: a turn asks when it begins. */
  readonly deadlines: () => WorkerDeadlines
  /** Frees what the worker had on disk. */
  readonly cleanUp: () => Promise<void>
}

export class Worker {
  readonly id: string
  readonly startedAt = performance.now()
  /** Turns it has begun. */
  turns = 0
  /** Why it was given up, for the log; undefined when it was not. */
  fault: unknown
  readonly #parts: WorkerParts
  readonly #inbox: Inbox<SDKMessage>
  readonly #memory = new Memory()
  #state: WorkerState = 'starting'
  readonly #settings: AppliedSettings
  /** The process has not yet said that it is done with what it was asked. */
  #owesResult = false
  readonly #calls = new CallWatch()
  #ending: Promise<void> | undefined

  constructor(parts: WorkerParts) {
    this.id = parts.id
    this.#parts = parts
    if (parts.beginning !== undefined) this.#memory.beginWith(parts.beginning)
    this.#settings = new AppliedSettings(parts.process)
    this.#inbox = new Inbox({ hold: () => parts.child.holdOutput(), resume: () => parts.child.resumeOutput() })
    void this.#pump()
    void parts.child.exited.then((how) => this.#inbox.end(new TurnFailure('worker_died', `the process ${how}`)))
  }

  get fromSpare(): boolean {
    return this.#parts.fromSpare
  }

  get state(): WorkerState {
    return this.#state
  }

  /** Ready, and its process is alive. */
  get isUsable(): boolean {
    return this.#state === 'ready' && this.#parts.child.alive
  }

  /** Its process, to look at. */
  get child(): Pick<Child, 'pid' | 'exited' | 'ranOutOfMemory'> {
    return this.#parts.child
  }

  /** Whether it holds nothing and its calls can be answered without a model. */
  get canRehearse(): boolean {
    return this.isUsable && this.#parts.lane !== undefined && this.#memory.length === 0
  }

  /** Messages that it holds of a conversation that can go on. */
  get heldMessages(): number {
    return this.#memory.length
  }

  /** Whether a turn with these digests goes on exactly from what it holds. */
  isContinuedBy(chain: readonly string[]): boolean {
    return this.#memory.isContinuedBy(chain)
  }

  /**
   * Waits until the process can take a turn.
   * @throws TurnFailure `worker_unavailable` when it dies or does not get ready in time.
   */
  async ready(signal: AbortSignal): Promise<Introduction> {
    const { process, child } = this.#parts
    const died = child.exited.then((how): never => {
      throw this.#unavailable(`the process ${how} before it was ready`)
    })
    const { initMs } = this.#parts.deadlines()
    const introduction = await within(initMs, signal, Promise.race([process.introduction, died]), () =>
      this.#unavailable('the process did not get ready in time'),
    ).catch((error: unknown): never => {
      throw error instanceof TurnFailure ? error : this.#unavailable('the process could not get ready', error)
    })
    this.#transition('ready')
    return introduction
  }

  /**
   * Asks the turn and streams its answer. The worker has to be ready and empty, or hold what the turn goes on from.
   * Afterwards it is ready again if all went well, else `recover` says what it is good for.
   */
  async *run(question: Question, signal: AbortSignal): AsyncGenerator<TurnEvent> {
    const { turn, chain, model, steps, onAnswer, onTaken, isRehearsal = false } = question
    this.#transition('busy')
    this.turns += 1
    await this.#apply(settingsFor(turn, model), signal)
    const unheard = turn.conversation.slice(this.#memory.length)
    const asked = await loadHistory(nameResults(unheard, this.#memory.callIds), {
      takeUser: async (content) => {
        this.#send(content, { ask: false })
        await this.#untilResult(signal, this.#parts.deadlines().initMs)
      },
      takeAnswer: (content, answeredBy = turn.model) => {
        const id = randomUUID()
        this.#parts.process.sendEarlierAnswer({ id: `msg_${id}`, uuid: id, model: answeredBy, content })
      },
    })
    const { lane } = this.#parts
    const gate = isRehearsal ? lane?.openRehearsal() : lane?.openGate(steps?.gate)
    // At once, whenever the caller comes back for the next event.
    const stop = (): void => gate?.close()
    // Nothing is added to what the calls took after it has been told.
    const settle = (): void => {
      stop()
      this.#calls.end(onTaken)
    }
    signal.addEventListener('abort', stop, { once: true })
    const reader = steps?.reader ?? readerFor(turn)
    try {
      this.#owesResult = true
      this.#calls.begin(gate?.facts)
      this.#send(asked, { ask: true })
      for await (const event of streamAnswer({
        inbox: this.#inbox,
        reader,
        deadlines: this.#parts.deadlines(),
        facts: gate?.facts,
        signal,
        onAnswer,
        onResult: () => {
          this.#owesResult = false
          return this.#calls.costUsd
        },
        interrupt: () => this.#parts.process.interrupt(),
      })) {
        if (event.type === 'finish') settle()
        yield event
      }
    } finally {
      signal.removeEventListener('abort', stop)
      settle()
    }
    const { message } = reader
    if (reader.goesOn || this.#owesResult || message === undefined) return
    this.#memory.remember(chain, message)
    this.#transition('ready')
  }

  /** After a turn, off its way: back to the baseline, and empty if the turn did not end well. Ends what cannot be mended. */
  async recover(): Promise<void> {
    if (this.#state === 'dead') return this.end()
    const patience = AbortSignal.timeout(RESET_MS)
    try {
      if (this.#state === 'busy') await this.#reset(patience)
      await this.#apply(this.#settings.baseline, patience)
    } catch (error) {
      await this.giveUp(error)
    }
  }

  /** Empties a ready worker. Ends it, and says false, when it does not forget. */
  async reset(): Promise<boolean> {
    try {
      await this.#reset(AbortSignal.timeout(RESET_MS))
      return true
    } catch (error) {
      await this.giveUp(error)
      return false
    }
  }

  /** Ends a process that cannot be mended. */
  giveUp(fault: unknown): Promise<void> {
    this.fault ??= fault
    return this.end()
  }

  /** Ends the process, whatever it does. Resolves when it is gone and nothing of it is left. */
  end(): Promise<void> {
    return (this.#ending ??= this.#end())
  }

  #send(content: readonly MessageBlock[], { ask }: { ask: boolean }): void {
    const uuid = randomUUID()
    this.#memory.noteUser(uuid)
    this.#parts.process.sendUser(uuid, content, { ask })
  }

  #apply(wanted: LiveSettings, signal: AbortSignal): Promise<void> {
    const refused = (error?: unknown): TurnFailure => this.#unavailable('the process did not take its settings', error)
    const change = this.#settings.change(wanted).catch((error: unknown): never => {
      throw error instanceof TurnFailure ? error : refused(error)
    })
    return within(this.#parts.deadlines().initMs, signal, change, refused)
  }

  async #reset(signal: AbortSignal): Promise<void> {
    this.#transition('resetting')
    const { process } = this.#parts
    const tooLate = (): TurnFailure => this.#unavailable('the process did not stop')
    if (this.#owesResult) {
      const stopped = within(RESET_MS, signal, process.interrupt(), tooLate)
      // Read on meanwhile: what nobody has read holds its output back, and the answer is behind that.
      await Promise.all([stopped, this.#untilResult(signal, RESET_MS)])
      this.#owesResult = false
    }
    const { span } = this.#memory
    if (span !== undefined) {
      const empty = await within(RESET_MS, signal, process.rewind(span.first, span.last), tooLate)
      if (!empty) throw this.#unavailable('the process did not forget')
    }
    this.#memory.forget()
    this.#inbox.clear()
    this.#transition('ready')
  }

  async #untilResult(signal: AbortSignal, timeoutMs: number): Promise<void> {
    const onTimeout = (): TurnFailure => this.#unavailable('the process did not take in a message')
    for (;;) {
      const message = await this.#inbox.take({ signal, timeoutMs, onTimeout })
      if (message.type === 'result') return
    }
  }

  async #pump(): Promise<void> {
    const { process, child } = this.#parts
    // A rejection reaches whoever waits in `ready`; without a waiter it must not take the server down.
    process.introduction.catch(() => undefined)
    try {
      for await (const message of process.messages) {
        this.#calls.hear(message)
        this.#inbox.put(message)
      }
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
    if (!mayBecome(this.#state, next)) throw new Error(`a ${this.#state} worker cannot be ${next}`)
    this.#state = next
  }

  #unavailable(message: string, cause?: unknown): TurnFailure {
    const stderr = this.#parts.child.stderrTail().trim().slice(-500)
    return new TurnFailure('worker_unavailable', stderr === '' ? message : `${message}: ${stderr}`, { cause })
  }
}
