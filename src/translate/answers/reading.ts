/** What stands between the events of the engine and the answer: a call that the model wrote as text, say, becomes a call. */
import type { TurnEvent } from '../../turn/turn-event.ts'

/** @throws TurnFailure `answer_rejected` where the answer is not what was asked for. */
export type Reading = (events: AsyncIterable<TurnEvent>) => AsyncIterable<TurnEvent>

/** In this order. */
export function readThrough(readings: readonly Reading[]): Reading {
  return (events) => readings.reduce((source, reading) => reading(source), events)
}

/** Nothing of an answer comes before all of it has. */
export async function* holdWhole(events: AsyncIterable<TurnEvent>): AsyncGenerator<TurnEvent> {
  const held: TurnEvent[] = []
  for await (const event of events) held.push(event)
  yield* held
}
