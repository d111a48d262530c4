/**
 * What calls cost, where Claude Code does not say: those that were broken off, and those that are only about to be made. By
 * the prices in Claude Code's own list of models, else by a model's version, and corrected by what Claude Code reckons for
 * calls that it does price.
 */
import type { Model } from '../turn/model.ts'
import type { Usage } from '../turn/turn-event.ts'
import { type Family, type ModelVersion, versionOf } from './model-version.ts'

/** `inputTokens` are all of the input. */
export type PaidTokens = Pick<Usage, 'inputTokens' | 'cacheReadTokens' | 'cacheWriteTokens' | 'outputTokens'>

export interface Prices {
  /** In USD. A model of which nothing is known costs what the dearest does. */
  costOf(model: string, tokens: PaidTokens): number
  /** Claude Code says what a call has cost: from now on the model's prices are in proportion to it. */
  learn(model: string, tokens: PaidTokens, costUsd: number): void
}

/** USD for a million tokens. */
interface Price {
  readonly input: number
  readonly cacheRead: number
  readonly output: number
  /** Times all of it, where the prompt is longer. */
  readonly long?: { readonly above: number; readonly times: number }
}

/** Of the price of input, for five minutes in the cache, with every model. */
const CACHE_WRITE = 1.25

const MILLION = 1_000_000
/** Names come from callers. */
const MOST_LEARNED = 500
/** A call of which more went for what came from the cache may only show that reading it costs less or more than is known here. */
const MOST_READ = 0.2
/** Beyond that it is no price, but another way of counting. */
const LARGEST_FACTOR = 20

/** @param modelNamed the live list's entry for an id or alias */
export function createPrices(modelNamed: (name: string) => Model | undefined): Prices {
  const factors = new Map<string, number>()
  const idOf = (name: string): string => modelNamed(name)?.id ?? name
  const listed = (name: string, tokens: PaidTokens): number => cost(priceOf(modelNamed(name), idOf(name)), tokens)
  return {
    costOf: (model, tokens) => listed(model, tokens) * (factors.get(idOf(model)) ?? 1),
    learn(model, tokens, costUsd) {
      const usd = listed(model, tokens)
      const readUsd = listed(model, {
        ...tokens,
        cacheWriteTokens: 0,
        inputTokens: tokens.cacheReadTokens,
        outputTokens: 0,
      })
      const factor = costUsd / usd
      if (readUsd > usd * MOST_READ || !(factor > 1 / LARGEST_FACTOR && factor < LARGEST_FACTOR)) return
      const id = idOf(model)
      factors.delete(id)
      factors.set(id, factor)
      const [oldest] = factors.keys()
      if (factors.size > MOST_LEARNED && oldest !== undefined) factors.delete(oldest)
    },
  }
}

function cost({ input, cacheRead, output, long }: Price, tokens: PaidTokens): number {
  const { inputTokens, cacheReadTokens, cacheWriteTokens, outputTokens } = tokens
  const times = long !== undefined && inputTokens > long.above ? long.times : 1
  const plain = Math.max(0, inputTokens - cacheReadTokens - cacheWriteTokens)
  const sum = (plain + cacheWriteTokens * CACHE_WRITE) * input + cacheReadTokens * cacheRead + outputTokens * output
  return (sum * times) / MILLION
}

const USD = String.raw`\$(\d+(?:\.\d+)?)`
/** `… · $0.10/$0.50 per Mtok ($0.50/$2.50 for prompts over 100k)` */
const DESCRIBED = new RegExp(`${USD}/${USD} per Mtok(?: \\(${USD}/${USD} for prompts over (\\d+)k\\))?`)

/** The list does not say what it costs to read from the cache: with each model it is a part of the input's price. */
function priceOf(model: Model | undefined, id: string): Price {
  const known = versionPrice(versionOf(id))
  const [, input, output, longInput, , above] = DESCRIBED.exec(model?.description ?? '') ?? []
  // The list rounds to cents: what is less is not free.
  if (!(Number(input) > 0 && Number(output) > 0)) return known
  const cacheRead = (known.cacheRead / known.input) * Number(input)
  const base = { input: Number(input), cacheRead, output: Number(output) }
  if (longInput === undefined || above === undefined) return base
  return { ...base, long: { above: Number(above) * 1000, times: Number(longInput) / base.input } }
}

function price(input: number, cacheRead: number, output: number): Price {
  return { input, cacheRead, output }
}

const DEAREST = price(15, 1.5, 75)

/**
 * By family, from the newest version down to the first that has the price.
 * https://platform.claude.com/docs/en/about-claude/pricing and, for Fable 5.2, what Claude Code 2.1.330 reckons.
 */
const PRICES: Readonly<Record<Family, readonly (readonly [from: number, price: Price])[]>> = {
  fable: [
    [5.2, price(8, 0.2, 40)],
    [5.1, price(10, 0.25, 50)],
    [0, price(10, 1, 50)],
  ],
  opus: [
    [5.5, price(4, 0.2, 20)],
    [4.5, price(5, 0.5, 25)],
    [0, DEAREST],
  ],
  sonnet: [
    [5.5, price(2, 0.1, 10)],
    [5, price(2, 0.2, 10)],
    [0, price(3, 0.3, 15)],
  ],
  haiku: [
    [5.5, { ...price(0.1, 0.01, 0.5), long: { above: 100_000, times: 5 } }],
    [4, price(1, 0.1, 5)],
    [3.5, price(0.8, 0.08, 4)],
    [0, price(0.25, 0.03, 1.25)],
  ],
}

function versionPrice(version: ModelVersion | undefined): Price {
  if (version === undefined) return DEAREST
  return PRICES[version.family].find(([from]) => version.number >= from)?.[1] ?? DEAREST
}
