import type { Usage } from '../turn/turn-event.ts'
import type { ChatUsage } from '../wire/usage.ts'

export interface UsageSum {
  /** @param index the place of the choice that it is of */
  add(usage: Usage, index: number): void
  readonly sum: ChatUsage
}

/** What all choices of a request took: the prompt counts once, as the first choice had it, output and cost of all. */
export function createUsageSum(): UsageSum {
  const usages: Usage[] = []
  return {
    add: (usage, index) => (usages[index] = usage),
    get sum() {
      return sumUsage(usages)
    },
  }
}

function sumUsage(usages: readonly Usage[]): ChatUsage {
  const total = (count: (usage: Usage) => number): number => usages.reduce((sum, usage) => sum + count(usage), 0)
  const [first] = usages
  const { inputTokens = 0, cacheReadTokens = 0, cacheWriteTokens = 0 } = first ?? {}
  const outputTokens = total((usage) => usage.outputTokens)
  // A sum with a part that nobody knows is no sum.
  const isPriced = usages.every(({ costUsd }) => costUsd !== undefined)
  return {
    prompt_tokens: inputTokens,
    completion_tokens: outputTokens,
    total_tokens: inputTokens + outputTokens,
    prompt_tokens_details: { cached_tokens: cacheReadTokens, cache_write_tokens: cacheWriteTokens, audio_tokens: 0 },
    completion_tokens_details: {
      reasoning_tokens: total((usage) => usage.reasoningTokens),
      audio_tokens: 0,
      accepted_prediction_tokens: 0,
      rejected_prediction_tokens: 0,
    },
    ...(isPriced ? { cost: total(({ costUsd }) => costUsd ?? 0) } : {}),
  }
}
