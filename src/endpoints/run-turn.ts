import type { Engine } from '../engine/engine.ts'
import { untilAborted } from '../http/until-aborted.ts'
import type { TurnEvent } from '../turn/turn-event.ts'
import { TurnFailure } from '../turn/turn-failure.ts'
import type { Turn } from '../turn/turn.ts'

/**
 * The engine's answer to a turn. An abort ends it at once, also when the engine does not react.
 * @throws TurnFailure when it ends without a finish: part of an answer must not look like a whole one
 */
export async function* runTurn(engine: Engine, turn: Turn, signal: AbortSignal): AsyncGenerator<TurnEvent> {
  let isFinished = false
  for await (const event of untilAborted(engine.run(turn, signal), signal)) {
    isFinished = event.type === 'finish'
    yield event
  }
  if (!isFinished) throw new TurnFailure('stream_interrupted', 'the engine ended a turn without a finish')
}
