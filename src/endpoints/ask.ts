/** Asks the engine until the model has answered: again where it turns out to take less than it was asked, or answers in another form. */
import { setMaxListeners } from 'node:events'
import { setImmediate as others } from 'node:timers/promises'
import type { Engine } from '../engine/engine.ts'
import type { RequestContext } from '../http/request-context.ts'
import { orAborted, untilAborted } from '../http/until-aborted.ts'
import { type Asking, type Attempt } from '../translate/chat-to-turn.ts'
import type { Feature } from '../turn/capabilities.ts'
import type { TurnEvent, Usage } from '../turn/turn-event.ts'
import { TurnFailure } from '../turn/turn-failure.ts'
import type { QuestionMeter } from '../usage/request-meter.ts'
import { runTurn } from './run-turn.ts'
import { type Placed, sideBySide } from './side-by-side.ts'

export interface Question {
  /** Translates anew for each attempt. Throws where the caller had better know than be answered otherwise. */
  readonly translate: (attempt: Attempt) => Asking
  readonly newCallId: () => string
}

/** Whose questions they are. */
export type Asker = Pick<RequestContext, 'signal' | 'meter'>

/** An answer of another form than was asked for may be better the next time. */
const MOST_REJECTED = 2

/** Of one request. Others of the same caller would wait behind more than that. */
const MOST_AT_ONCE = 8

/**
 * Answers the questions side by side.
 * @throws TurnFailure as soon as one of them fails: as the engine does, or `answer_rejected`; ApiError for an unknown model.
 */
export async function* askAll(
  engine: Engine,
  questions: readonly Question[],
  { signal, meter }: Asker,
): AsyncGenerator<Placed<TurnEvent>> {
  const over = new AbortController()
  const either = AbortSignal.any([signal, over.signal])
  // Each question listens more than once, and Node warns of more than ten listeners.
  setMaxListeners(0, either)
  const asker = { signal: either, meter }
  const sources = questions.map((question, index) =>
    askInTurn(index % MOST_AT_ONCE, () => ask(engine, question, asker)),
  )
  const stop = (): void => over.abort(new TurnFailure('aborted', 'another answer to the same request failed'))
  yield* sideBySide(sources, { atOnce: MOST_AT_ONCE, stop })
}

/** Each begins in a turn of its own of the event loop: to translate a large request takes tens of milliseconds. */
async function* askInTurn(place: number, begin: () => AsyncGenerator<TurnEvent>): AsyncGenerator<TurnEvent> {
  for (let before = 0; before < place; before += 1) await others()
  yield* begin()
}

async function* ask(engine: Engine, question: Question, { signal, meter }: Asker): AsyncGenerator<TurnEvent> {
  let metered: QuestionMeter | undefined
  const refused: Feature[] = []
  let rejected = 0
  let spent: Usage | undefined
  for (;;) {
    const asking = question.translate({ refused, callId: question.newCallId() })
    metered ??= await orAborted(meter.reserve(engine.estimate(asking.turn)), signal)
    let hasContent = false
    let taken: Usage | undefined
    const hear = (usage: Usage): void => void (taken = usage)
    try {
      for await (const event of untilAborted(
        asking.reading(hearUsage(runTurn(engine, asking.turn, signal, metered), hear)),
        signal,
      )) {
        hasContent ||= event.type !== 'start'
        yield event.type === 'finish' ? { ...event, usage: addSpent(event.usage, spent) } : event
      }
      return
    } catch (error) {
      if (hasContent || !(error instanceof TurnFailure)) throw error
      const { kind, feature } = error
      if (kind === 'model_not_found') throw asking.unknownModel(error)
      if (kind === 'answer_rejected' && (rejected += 1) < MOST_REJECTED) {
        spent = taken === undefined ? spent : addSpent(taken, spent)
        continue
      }
      // Each can be taken away once, so this ends.
      if (kind !== 'feature_refused' || feature === undefined || refused.includes(feature)) throw error
      refused.push(feature)
    }
  }
}

async function* hearUsage(events: AsyncIterable<TurnEvent>, hear: (usage: Usage) => void): AsyncGenerator<TurnEvent> {
  for await (const event of events) {
    if (event.type === 'finish') hear(event.usage)
    yield event
  }
}

/** As with several answers side by side: the prompt counts once, output and cost of all. */
function addSpent(usage: Usage, spent: Usage | undefined): Usage {
  if (spent === undefined) return usage
  const { costUsd, ...counts } = usage
  return {
    ...counts,
    outputTokens: usage.outputTokens + spent.outputTokens,
    reasoningTokens: usage.reasoningTokens + spent.reasoningTokens,
    // A sum with a part that nobody knows is no sum.
    ...(costUsd === undefined || spent.costUsd === undefined ? {} : { costUsd: costUsd + spent.costUsd }),
  }
}
