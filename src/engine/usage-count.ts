/** What an answer took, as the model API counts it while it comes. */
import type { StartEvent, Usage } from '../turn/turn-event.ts'

/** As in the messages of the model API; a gateway before it may leave out anything, whatever the types say. */
export interface ReportedUsage {
  readonly input_tokens?: number | null | undefined
  readonly cache_read_input_tokens?: number | null | undefined
  readonly cache_creation_input_tokens?: number | null | undefined
  readonly output_tokens?: number | null | undefined
  readonly output_tokens_details?: { readonly thinking_tokens?: number | null | undefined } | null | undefined
  readonly service_tier?: string | null | undefined
}

/** Near enough for text whose tokens nobody has counted. */
const CHARACTERS_A_TOKEN = 4

/** Of one call. Sums of many have to stay exact. */
const MOST_TOKENS = 1e12

/** Undefined for what is no count. */
export function tokens(count: number | null | undefined): number | undefined {
  return Number.isSafeInteger(count) && typeof count === 'number' && count >= 0 && count <= MOST_TOKENS
    ? count
    : undefined
}

export class UsageCount {
  /** Which capacity answers, where the model API says so. */
  serviceTier: StartEvent['serviceTier']
  #counted = { input: 0, cacheRead: 0, cacheWrite: 0, output: 0, reasoning: 0 }

  /** Counters are cumulative: a later value overwrites an earlier one. */
  count(usage: ReportedUsage | null | undefined): void {
    if (usage === undefined || usage === null) return
    const counted = this.#counted
    this.#counted = {
      input: tokens(usage.input_tokens) ?? counted.input,
      cacheRead: tokens(usage.cache_read_input_tokens) ?? counted.cacheRead,
      cacheWrite: tokens(usage.cache_creation_input_tokens) ?? counted.cacheWrite,
      output: tokens(usage.output_tokens) ?? counted.output,
      reasoning: tokens(usage.output_tokens_details?.thinking_tokens) ?? counted.reasoning,
    }
    const tier = usage.service_tier
    if (tier === 'standard' || tier === 'priority') this.serviceTier = tier
  }

  /**
   * Nobody counts the output of a call that is broken off: what was read of it is near enough.
   * @param read in characters
   */
  estimate(read: { readonly text: number; readonly reasoning: number }): Usage {
    const counted = this.total(undefined)
    const reasoningTokens = Math.max(counted.reasoningTokens, Math.ceil(read.reasoning / CHARACTERS_A_TOKEN))
    const outputTokens = Math.max(counted.outputTokens, reasoningTokens + Math.ceil(read.text / CHARACTERS_A_TOKEN))
    return { ...counted, outputTokens, reasoningTokens }
  }

  total(costUsd: number | undefined): Usage {
    const { input, cacheRead, cacheWrite, output, reasoning } = this.#counted
    return {
      inputTokens: input + cacheRead + cacheWrite,
      cacheReadTokens: cacheRead,
      cacheWriteTokens: cacheWrite,
      outputTokens: output,
      reasoningTokens: reasoning,
      ...(costUsd === undefined ? {} : { costUsd }),
    }
  }
}
