import type { FinishReason, TurnEvent } from '../turn/turn-event.ts'
import type { Message } from '../turn/turn.ts'
import { TurnFailure } from '../turn/turn-failure.ts'
import type { SDKMessage } from './claude-code.ts'
import type { UpstreamFacts } from './egress/upstream-facts.ts'
import type { Inbox } from './inbox.ts'
import { isKnown, readSafely } from './read-safely.ts'
import type { AnsweredCalls } from './reasoning-reader.ts'

export interface AnswerDeadlines {
  /** Milliseconds from the question to the model's first event. */
  readonly firstEventMs: number
  /** Milliseconds between two events of an answer. */
  readonly idleMs: number
}

/** Makes events of what a process says in a turn. */
export interface Reader {
  /** Why the model stopped, once it has said so and will not go on. */
  readonly stopped: FinishReason | undefined
  /** The answer was cut off here: the model would go on with it. */
  readonly isCut: boolean
  /** The process will ask, or has asked, the model for more than this answer. */
  readonly goesOn: boolean
  /** What was thought, and the calls that came after it. */
  readonly reasoning: AnsweredCalls
  /** What was said, as the message of a conversation; undefined when it cannot be gone on from. */
  readonly message: Message | undefined
  /** Milliseconds that a tool which is at work may take; undefined while none is. */
  readonly patienceMs: number | undefined
  read(message: SDKMessage): TurnEvent[]
  /**
   * The end of the turn.
   * @param costUsd what this turn cost, as the process reckons it
   * @throws TurnFailure when the answer is not complete.
   */
  finish(
    result: Extract<SDKMessage, { type: 'result' }>,
    facts: UpstreamFacts,
    costUsd: number | undefined,
  ): TurnEvent[]
  /** The end of the turn where the process owes its result but the model had said that it is done. */
  finishWithoutResult(costUsd?: number): TurnEvent[]
}

export interface Answering {
  readonly inbox: Inbox<SDKMessage>
  readonly reader: Reader
  readonly deadlines: AnswerDeadlines
  /** What the egress knows of the call; absent where there is none. */
  readonly facts: UpstreamFacts | undefined
  readonly signal: AbortSignal
  /** The answer is whole; its end has not been told yet. */
  readonly onAnswer: ((answer: AnsweredCalls) => void) | undefined
  /** The process ends the turn. Gives back what the turn cost. */
  readonly onResult: () => number
  /** Stops the process. */
  readonly interrupt: () => Promise<void>
}

/**
 * A model that thinks for long sends pings, which the process does not pass on. They count as life this often in a row,
 * so that a process that stands still is found out all the same.
 */
const MOST_PINGED_WAITS = 10

/** How long a process that has its model's answer may take to end the turn; no longer than the model itself may be silent. */
const RESULT_GRACE_MS = 5000

/**
 * The answer to the question that was just asked, as it comes.
 * @throws TurnFailure when it is not complete, comes too late, or the signal aborts.
 */
export async function* streamAnswer(answering: Answering): AsyncGenerator<TurnEvent, void, void> {
  const { reader, facts } = answering
  let begun = false
  let interrupted = false
  let said = 0
  for (;;) {
    const message = await nextMessage(answering, begun)
    const isOver = message === undefined || message.type === 'result'
    if (isOver && reader.stopped !== undefined) answering.onAnswer?.(reader.reasoning)
    if (message === undefined) return yield* readSafely(() => reader.finishWithoutResult())
    if (message.type === 'result') {
      const costUsd = answering.onResult()
      return yield* readSafely(() => reader.finish(message, facts ?? { calls: 1 }, costUsd))
    }
    begun ||= message.type === 'stream_event'
    yield* readSafely(() => {
      said += weightOf(message)
      if (said > MOST_SAID) throw new TurnFailure('stream_interrupted', 'the answer is longer than any model’s')
      return isKnown(message) ? reader.read(message) : []
    })
    if (reader.isCut) return yield* readSafely(() => reader.finishWithoutResult())
    // The egress refuses a second call; where there is none the process has to be stopped before it makes one.
    if (facts === undefined && reader.goesOn && !interrupted) {
      interrupted = true
      // Not awaited: a process that hangs never says that it has stopped, and the deadlines above do not count here.
      answering.interrupt().catch(() => undefined)
    }
  }
}

/** In characters: more than fifty of the longest answers. Whoever pretends to be a model may never come to an end. */
const MOST_SAID = 40_000_000
/** What a block is counted for, whatever is in it. */
const BLOCK_WEIGHT = 100

function weightOf(message: SDKMessage): number {
  if (message.type !== 'stream_event' || !isKnown(message)) return 0
  const { event } = message
  if (event.type === 'content_block_start') return BLOCK_WEIGHT
  if (event.type !== 'content_block_delta') return 0
  const { delta } = event
  if (delta.type === 'text_delta') return delta.text.length
  if (delta.type === 'thinking_delta') return delta.thinking.length
  return delta.type === 'input_json_delta' ? delta.partial_json.length : 0
}

/** Undefined when everything has been said but the process's own good-bye. */
async function nextMessage(answering: Answering, begun: boolean): Promise<SDKMessage | undefined> {
  const { inbox, reader, facts, signal } = answering
  const wait = waitFor(answering, begun)
  for (let pinged = 0; ; pinged += 1) {
    try {
      return await inbox.take({ signal, ...wait })
    } catch (error) {
      if (!(error instanceof TurnFailure)) throw error
      const isPinged = facts?.heardAt !== undefined && performance.now() - facts.heardAt < wait.timeoutMs
      const isWorthWaiting = error.kind === 'upstream_timeout' && reader.stopped === undefined && isPinged
      if (isWorthWaiting && pinged < MOST_PINGED_WAITS) continue
      if (reader.stopped !== undefined && error.kind !== 'aborted') return undefined
      throw error
    }
  }
}

function waitFor(
  { reader, deadlines }: Answering,
  begun: boolean,
): { timeoutMs: number; onTimeout: () => TurnFailure } {
  const { firstEventMs, idleMs } = deadlines
  const { patienceMs } = reader
  if (patienceMs !== undefined) {
    return {
      timeoutMs: patienceMs,
      onTimeout: () => new TurnFailure('upstream_timeout', 'a tool did not come to an end'),
    }
  }
  return {
    timeoutMs: reader.stopped !== undefined ? Math.min(RESULT_GRACE_MS, idleMs) : begun ? idleMs : firstEventMs,
    onTimeout: () => new TurnFailure('upstream_timeout', begun ? 'the model fell silent' : 'the model did not begin'),
  }
}
