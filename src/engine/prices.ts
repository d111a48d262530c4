/**
 * What calls cost, where Claude Code does not say: those that were broken off, and those that are only about to be made. By
 * the prices in Claude Code's own list of models, else by a model's version, and corrected by what Claude Code reckons for
 * calls that it does price.
 */
import type { Model } from '../turn/model.ts'
import type { Usage } from '../turn/turn-event.ts'
import { type ModelVersion, versionOf } from './model-version.ts'

export interface Prices {
  /** In USD. A model of which nothing is known costs what the dearest does. */
  costOf(model: string, usage: Usage): number
  /** Claude Code says what a call has cost. */
  learn(model: string, usage: Usage, costUsd: number): void
}

/** USD for a million tokens. */
interface Price {
  readonly input: number
  readonly output: number
  /** Where the prompt is longer. */
  readonly long?: { readonly above: number; readonly input: number; readonly output: number }
}

/** Of the price of input, for five minutes in the cache. https://platform.claude.com/docs/en/build-with-claude/prompt-caching */
const CACHE_WRITE = 1.25
const CACHE_READ = 0.1

const MILLION = 1_000_000
/** Names come from callers. */
const MOST_LEARNED = 500
/** Beyond that it is no price, but another way of counting. */
const LARGEST_FACTOR = 20

/** @param modelNamed the live list's entry for an id or alias */
export function createPrices(modelNamed: (name: string) => Model | undefined): Prices {
  const factors = new Map<string, number>()
  const idOf = (name: string): string => modelNamed(name)?.id ?? name
  const listed = (name: string, usage: Usage): number => price(listedPrice(modelNamed(name), idOf(name)), usage)
  return {
    costOf: (model, usage) => listed(model, usage) * (factors.get(idOf(model)) ?? 1),
    learn(model, usage, costUsd) {
      const factor = costUsd / listed(model, usage)
      if (!(factor > 1 / LARGEST_FACTOR && factor < LARGEST_FACTOR)) return
      const id = idOf(model)
      factors.delete(id)
      factors.set(id, factor)
      const [oldest] = factors.keys()
      if (factors.size > MOST_LEARNED && oldest !== undefined) factors.delete(oldest)
    },
  }
}

function price({ input, output, long }: Price, usage: Usage): number {
  const each = long !== undefined && usage.inputTokens > long.above ? long : { input, output }
  const { inputTokens, cacheReadTokens, cacheWriteTokens, outputTokens } = usage
  const plain = Math.max(0, inputTokens - cacheReadTokens - cacheWriteTokens)
  const weighed = plain + cacheWriteTokens * CACHE_WRITE + cacheReadTokens * CACHE_READ
  return (weighed * each.input + outputTokens * each.output) / MILLION
}

/** `… · $0.10/$0.50 per Mtok ($0.50/$2.50 for prompts over 100k)` */
const DESCRIBED = /\$([\d.]+)\/\$([\d.]+) per Mtok(?: \(\$([\d.]+)\/\$([\d.]+) for prompts over (\d+)k\))?/

function listedPrice(model: Model | undefined, id: string): Price {
  const [, input, output, longInput, longOutput, above] = DESCRIBED.exec(model?.description ?? '') ?? []
  if (input === undefined || output === undefined) return versionPrice(versionOf(id))
  const base = { input: Number(input), output: Number(output) }
  if (above === undefined) return base
  return { ...base, long: { above: Number(above) * 1000, input: Number(longInput), output: Number(longOutput) } }
}

const DEAREST: Price = { input: 15, output: 75 }

/** https://platform.claude.com/docs/en/about-claude/pricing */
function versionPrice(version: ModelVersion | undefined): Price {
  switch (version?.family) {
    case undefined:
      return DEAREST
    case 'opus':
      if (version.number >= 5.5) return { input: 4, output: 20 }
      return version.number >= 4.5 ? { input: 5, output: 25 } : DEAREST
    case 'sonnet':
      return version.number >= 5 ? { input: 2, output: 10 } : { input: 3, output: 15 }
    case 'haiku':
      if (version.number >= 5.5) return { input: 0.5, output: 2.5 }
      return { input: 1, output: 5 }
    case 'fable':
      return { input: 8, output: 40 }
  }
}
