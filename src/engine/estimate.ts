/** How much a turn may take, before anybody has counted it. */
import type { JsonValue } from '../turn/json.ts'
import type { Model } from '../turn/model.ts'
import type { Estimate } from '../turn/spending.ts'
import type { Block, ContentBlock, Tool, Turn } from '../turn/turn.ts'
import { createPrices, type PaidTokens, type Prices } from './prices.ts'

/** Fewer than English has in a token, and as many as there are in most other writing. */
const BYTES_A_TOKEN = 3
/** One of the largest that the model API takes as they are. */
const TOKENS_AN_IMAGE = 5000
/** Of base64: a page of nothing but text has some 3,000 tokens, as text and as image, in a few KB. */
const PDF_BYTES_A_TOKEN = 2
/** The largest context window. */
const MOST_INPUT = 1_000_000
/** What Claude Code says beside it, in its minimal mode and in its full one. */
const TOKENS_ADDED = { minimal: 600, full: 2000 }
/** What Claude Code 2.1.330 allows for an answer of a model on its list, and of any other. */
const LONGEST_OUTPUT = { listed: 128_000, other: 64_000 }

export interface EstimateParts {
  readonly prices: Prices
  readonly modelNamed: (name: string) => Model | undefined
  readonly hasEgress: boolean
}

/**
 * The most that one call of a turn takes, roughly.
 * @param modelNamed the live list's entry for an id or alias
 */
export function createEstimate({ prices, modelNamed, hasEgress }: EstimateParts): (turn: Turn) => Estimate {
  return (turn) => {
    const inputTokens = estimateInput(turn, hasEgress)
    const outputTokens = estimateOutput(turn, modelNamed(turn.model) !== undefined)
    // All of it may be written to the cache, which costs the most.
    const input: PaidTokens = { inputTokens, cacheReadTokens: 0, cacheWriteTokens: inputTokens, outputTokens: 0 }
    const inputUsd = prices.costOf(turn.model, input)
    return {
      inputTokens,
      outputTokens,
      inputUsd,
      outputUsd: prices.costOf(turn.model, { ...input, outputTokens }) - inputUsd,
    }
  }
}

/** Tokens of the prompt, rather too many than too few. */
export function estimateInput(turn: Turn, hasEgress: boolean): number {
  const { system = '', conversation, toolUse, outputSchema } = turn
  const blocks = conversation.flatMap((message) => message.content)
  const added = hasEgress && toolUse === undefined ? TOKENS_ADDED.minimal : TOKENS_ADDED.full
  const tokens =
    added +
    tokensOf(system) +
    sum(blocks, blockTokens) +
    sum(toolUse?.tools ?? [], toolTokens) +
    (outputSchema === undefined ? 0 : jsonTokens(outputSchema))
  return Math.min(tokens, MOST_INPUT)
}

/** The most tokens that the answer may have. */
export function estimateOutput({ maxOutputTokens }: Turn, isListed: boolean): number {
  const longest = isListed ? LONGEST_OUTPUT.listed : LONGEST_OUTPUT.other
  return Math.min(maxOutputTokens ?? longest, LONGEST_OUTPUT.listed)
}

const tokensOf = (text: string): number => Math.ceil(Buffer.byteLength(text) / BYTES_A_TOKEN)

function sum<T>(items: readonly T[], tokens: (item: T) => number): number {
  return items.reduce((total, item) => total + tokens(item), 0)
}

function toolTokens({ name, description = '', inputSchema }: Tool): number {
  return tokensOf(name) + tokensOf(description) + jsonTokens(inputSchema)
}

function jsonTokens(value: JsonValue): number {
  return Math.ceil(jsonBytes(value) / BYTES_A_TOKEN)
}

/** Bytes of the JSON, rather too many, without writing it. */
function jsonBytes(value: JsonValue): number {
  if (typeof value === 'string') return Buffer.byteLength(value) + 3
  if (value === null || typeof value !== 'object') return 6
  if (isList(value)) return value.reduce((total: number, item) => total + jsonBytes(item), 2)
  let bytes = 2
  for (const [key, item] of Object.entries(value)) bytes += Buffer.byteLength(key) + 4 + jsonBytes(item)
  return bytes
}

function isList(value: JsonValue): value is readonly JsonValue[] {
  return Array.isArray(value)
}

function blockTokens(block: Block): number {
  switch (block.type) {
    case 'text':
    case 'image':
    case 'document':
      return contentTokens(block)
    case 'tool_call':
      return tokensOf(block.name) + jsonTokens(block.input)
    case 'tool_result':
      return sum(block.content, contentTokens)
    case 'reasoning':
      return tokensOf(block.sealed.type === 'thinking' ? block.sealed.thinking : block.sealed.data)
  }
}

function contentTokens(block: ContentBlock): number {
  switch (block.type) {
    case 'text':
      return tokensOf(block.text)
    case 'image':
      return TOKENS_AN_IMAGE
    case 'document':
      if (block.source.type === 'text') return tokensOf(block.source.data)
      return Math.ceil(block.source.data.length / PDF_BYTES_A_TOKEN)
  }
}

/** Where there is no engine yet: nobody knows any model. */
export function estimateUnknown(): (turn: Turn) => Estimate {
  const modelNamed = (): undefined => undefined
  return createEstimate({ prices: createPrices(modelNamed), modelNamed, hasEgress: false })
}
