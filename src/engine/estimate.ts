/** How much a turn may take, before anybody has counted it. */
import type { Model } from '../turn/model.ts'
import type { Estimate } from '../turn/spending.ts'
import type { Usage } from '../turn/turn-event.ts'
import type { Block, ContentBlock, Turn } from '../turn/turn.ts'
import { createPrices, type Prices } from './prices.ts'

/** Fewer than English has in a token, and as many as there are in most other writing. */
const BYTES_A_TOKEN = 3
/** One of the largest that the model API takes as they are. */
const TOKENS_AN_IMAGE = 5000
/** Of base64: a page of nothing but text has some 3,000 tokens, as text and as image, in a few KB. */
const PDF_BYTES_A_TOKEN = 2
/** The largest context window. */
const MOST_INPUT = 1_000_000
/** What Claude Code says beside it: without the egress and with functions it adds more. */
const TOKENS_ADDED = 2000
/** What Claude Code allows for an answer of a model on its list, and of any other. */
const LONGEST_OUTPUT = { listed: 128_000, other: 64_000 }

/**
 * The most that one call of a turn takes, roughly.
 * @param modelNamed the live list's entry for an id or alias
 */
export function createEstimate(
  prices: Prices,
  modelNamed: (name: string) => Model | undefined,
): (turn: Turn) => Estimate {
  return (turn) => {
    const inputTokens = estimateInput(turn)
    const outputTokens = estimateOutput(turn, modelNamed(turn.model) !== undefined)
    // All of it may be written to the cache, which costs the most.
    const input = { ...NOTHING, inputTokens, cacheWriteTokens: inputTokens }
    const inputUsd = prices.costOf(turn.model, input)
    return {
      inputTokens,
      outputTokens,
      inputUsd,
      outputUsd: prices.costOf(turn.model, { ...input, outputTokens }) - inputUsd,
    }
  }
}

const NOTHING: Usage = { inputTokens: 0, cacheReadTokens: 0, cacheWriteTokens: 0, outputTokens: 0, reasoningTokens: 0 }

/** Tokens of the prompt, rather too many than too few. */
export function estimateInput({ system = '', conversation, toolUse, outputSchema }: Turn): number {
  const blocks = conversation.flatMap((message) => message.content)
  const tools = toolUse === undefined ? '' : JSON.stringify(toolUse.tools)
  const schema = outputSchema === undefined ? '' : JSON.stringify(outputSchema)
  const texts = tokensOf(system) + tokensOf(tools) + tokensOf(schema)
  const tokens = TOKENS_ADDED + blocks.reduce((sum, block) => sum + blockTokens(block), texts)
  return Math.min(tokens, MOST_INPUT)
}

/** The most tokens that the answer may have. */
export function estimateOutput({ maxOutputTokens }: Turn, isListed: boolean): number {
  const longest = isListed ? LONGEST_OUTPUT.listed : LONGEST_OUTPUT.other
  return Math.min(maxOutputTokens ?? longest, LONGEST_OUTPUT.listed)
}

const tokensOf = (text: string): number => Math.ceil(Buffer.byteLength(text) / BYTES_A_TOKEN)

function blockTokens(block: Block): number {
  switch (block.type) {
    case 'text':
    case 'image':
    case 'document':
      return contentTokens(block)
    case 'tool_call':
      return tokensOf(JSON.stringify(block.input))
    case 'tool_result':
      return block.content.reduce((sum, content) => sum + contentTokens(content), 0)
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
  return createEstimate(
    createPrices(() => undefined),
    () => undefined,
  )
}
