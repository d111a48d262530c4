import type { RequestContext } from '../http/request-context.ts'
import type { TurnEvent, Usage } from '../turn/turn-event.ts'
import type { Placed } from './side-by-side.ts'

/** Tells the access log and the ledger what the turns of a request took, as their events pass by. Several answers are summed up. */
export async function* noteTurns(
  events: AsyncIterable<Placed<TurnEvent>>,
  { note, meter, began }: Pick<RequestContext, 'note' | 'meter' | 'began'>,
): AsyncGenerator<Placed<TurnEvent>> {
  const finished: Usage[] = []
  let hasToken = false
  for await (const placed of events) {
    const event = placed.value
    if (event.type === 'start') {
      note({ model: event.model, ...(event.lease === undefined ? {} : { lease: event.lease }) })
    } else if (event.type === 'finish') {
      finished.push(event.usage)
      note(sumOf(finished))
    } else if (!hasToken) {
      hasToken = true
      const firstTokenMs = Math.round(performance.now() - began)
      note({ firstTokenMs })
      meter.note({ firstTokenMs })
    }
    yield placed
  }
}

function sumOf(usages: readonly Usage[]): Record<string, number> {
  const sum = (read: (usage: Usage) => number): number => usages.reduce((total, usage) => total + read(usage), 0)
  const costs = usages.flatMap(({ costUsd }) => (costUsd === undefined ? [] : [costUsd]))
  return {
    ...(usages.length === 1 ? {} : { answers: usages.length }),
    inputTokens: sum((usage) => usage.inputTokens),
    cacheReadTokens: sum((usage) => usage.cacheReadTokens),
    cacheWriteTokens: sum((usage) => usage.cacheWriteTokens),
    outputTokens: sum((usage) => usage.outputTokens),
    // A sum with a part that nobody knows is no sum.
    ...(costs.length < usages.length ? {} : { costUsd: costs.reduce((total, cost) => total + cost, 0) }),
  }
}
