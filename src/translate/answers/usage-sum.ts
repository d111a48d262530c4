import type { Usage } from '../../turn/turn-event.ts'
import type { ChatUsage } from '../../wire/usage.ts'

export interface UsageSum {
  /** @param index the place of the choice that it is of */
  add(usage: Usage, index: number): void
  readonly sum: ChatUsage
}

/**
 * What all choices of a request took: each prompt counts once, as its first choice had it, output and cost of all.
 * @param perPrompt how many choices there are for each prompt
 */
export function createUsageSum(perPrompt: number): UsageSum {
  const usages: Usage[] = []
  return {
    add: (usage, index) => (usages[index] = usage),
    get sum() {
      return sumUsage(usages, perPrompt)
    },
  }
}

function sumUsage(usages: readonly Usage[], perPrompt: number): ChatUsage {
  const prompts = usages.filter((_, index) => index % perPrompt === 0)
  const inputTokens = sum(prompts, (usage) => usage.inputTokens)
  const outputTokens = sum(usages, (usage) => usage.outputTokens)
  // A sum with a part that nobody knows is no sum.
  const isPriced = usages.every(({ costUsd }) => costUsd !== undefined)
  return {
    prompt_tokens: inputTokens,
    completion_tokens: outputTokens,
    total_tokens: inputTokens + outputTokens,
    prompt_tokens_details: {
      cached_tokens: sum(prompts, (usage) => usage.cacheReadTokens),
      cache_write_tokens: sum(prompts, (usage) => usage.cacheWriteTokens),
      audio_tokens: 0,
    },
    completion_tokens_details: {
      reasoning_tokens: sum(usages, (usage) => usage.reasoningTokens),
      audio_tokens: 0,
      accepted_prediction_tokens: 0,
      rejected_prediction_tokens: 0,
    },
    ...(isPriced ? { cost: rounded(sum(usages, ({ costUsd }) => costUsd ?? 0)) } : {}),
  }
}

function sum(usages: readonly Usage[], count: (usage: Usage) => number): number {
  return usages.reduce((total, usage) => total + count(usage), 0)
}

/** Differences and sums of prices in binary end in digits that mean nothing: a billionth of a dollar is the least that does. */
function rounded(usd: number): number {
  return Math.round(usd * 1e9) / 1e9
}
