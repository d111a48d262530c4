import type { TurnEvent } from '../turn/turn-event.ts'
import { TurnFailure } from '../turn/turn-failure.ts'
import type { AnswerReader } from './answer-reader.ts'
import type { SDKMessage } from './claude-code.ts'
import type { UpstreamFacts } from './egress/upstream-facts.ts'
import type { Inbox } from './inbox.ts'

type ResultMessage = Extract<SDKMessage, { type: 'result' }>

export interface AnswerDeadlines {
  /** Milliseconds from the question to the model's first event. */
  readonly firstEventMs: number
  /** Milliseconds between two events of an answer. */
  readonly idleMs: number
}

export interface Answering {
  readonly inbox: Inbox<SDKMessage>
  readonly reader: AnswerReader
  readonly deadlines: AnswerDeadlines
  /** What the egress knows of the call; absent where there is none. */
  readonly facts: UpstreamFacts | undefined
  readonly signal: AbortSignal
  /** The process ends the turn. Gives back what the turn cost. */
  readonly onResult: (result: ResultMessage) => number
  /** Stops the process. */
  readonly interrupt: () => Promise<void>
}

/** How long a process that has its model's answer may take to end the turn. */
const RESULT_GRACE_MS = 5000

/**
 * The answer to the question that was just asked, as it comes.
 * @throws TurnFailure when it is not complete, comes too late, or the signal aborts.
 */
export async function* streamAnswer(answering: Answering): AsyncGenerator<TurnEvent, void, void> {
  const { inbox, reader, facts, signal } = answering
  let begun = false
  let interrupted = false
  for (;;) {
    const message: SDKMessage | undefined = await inbox
      .take({ signal, ...waitFor(answering, begun) })
      .catch((error: unknown) => {
        // Everything has been said but the process's own good-bye.
        if (error instanceof TurnFailure && reader.stopped !== undefined && error.kind !== 'aborted') return undefined
        throw error
      })
    if (message === undefined) return yield* reader.finishWithoutResult()
    if (message.type === 'result') {
      const costUsd = answering.onResult(message)
      return yield* reader.finish(message, facts ?? { calls: 1 }, costUsd)
    }
    begun ||= message.type === 'stream_event'
    yield* reader.read(message)
    // The egress refuses a second call; where there is none the process has to be stopped before it makes one.
    if (facts === undefined && reader.goesOn && !interrupted) {
      interrupted = true
      // Not awaited: a process that hangs never says that it has stopped, and the deadlines above do not count here.
      answering.interrupt().catch(() => undefined)
    }
  }
}

function waitFor(
  { reader, deadlines }: Answering,
  begun: boolean,
): { timeoutMs: number; onTimeout: () => TurnFailure } {
  const { firstEventMs, idleMs } = deadlines
  return {
    timeoutMs: reader.stopped !== undefined ? RESULT_GRACE_MS : begun ? idleMs : firstEventMs,
    onTimeout: () => new TurnFailure('upstream_timeout', begun ? 'the model fell silent' : 'the model did not begin'),
  }
}
