import type { Engine } from '../engine/engine.ts'
import { untilAborted } from '../http/until-aborted.ts'
import type { TurnEvent } from '../turn/turn-event.ts'
import { TurnFailure } from '../turn/turn-failure.ts'
import type { Turn } from '../turn/turn.ts'
import type { QuestionMeter } from '../usage/request-meter.ts'

/**
 * The engine's answer to a turn. An abort ends it at once, also when the engine does not react.
 * @throws TurnFailure when it ends without a finish: part of an answer must not look like a whole one
 */
export async function* runTurn(
  engine: Engine,
  turn: Turn,
  signal: AbortSignal,
  meter: QuestionMeter,
): AsyncGenerator<TurnEvent> {
  let isFinished = false
  for await (const event of untilAborted(runMetered(engine, turn, signal, meter), signal)) {
    isFinished = event.type === 'finish'
    yield event
  }
  if (!isFinished) throw new TurnFailure('stream_interrupted', 'the engine ended a turn without a finish')
}

/** After an abort the engine may take a moment to say what the turn took. */
async function* runMetered(
  engine: Engine,
  turn: Turn,
  signal: AbortSignal,
  meter: QuestionMeter,
): AsyncGenerator<TurnEvent> {
  const attempt = meter.attempt(turn.model)
  const { goOn } = meter
  const spends = { took: attempt.took, ...(goOn === undefined ? {} : { mayGoOn: goOn }) }
  try {
    for await (const event of engine.run(turn, signal, spends)) {
      const text = textOf(event)
      if (text !== '') attempt.heard(Buffer.byteLength(text))
      yield event
    }
  } finally {
    attempt.ended()
  }
}

function textOf(event: TurnEvent): string {
  switch (event.type) {
    case 'reasoning':
    case 'text':
      return event.text
    case 'tool_call':
      return event.name
    case 'tool_arguments':
      return event.json
    case 'own_tool_start':
    case 'own_tool_end':
    case 'start':
    case 'finish':
      return ''
  }
}
