import { blocksOf, type MessagesRequest, type RequestBlock } from './request-shape.ts'

const CHARACTERS_A_TOKEN = 4
/** An image costs by its sides, not by its bytes; this is one of a million pixels. */
const TOKENS_AN_IMAGE = 1_500

/** A rough count: no tokenizer is at hand, and four characters a token is near enough for English. */
export function tokensOf(characters: number): number {
  return Math.ceil(characters / CHARACTERS_A_TOKEN)
}

/** How many characters a number of tokens has. */
export function charactersOf(tokens: number): number {
  return tokens * CHARACTERS_A_TOKEN
}

export function countBlockTokens(block: RequestBlock): number {
  if (block.type === 'text') return tokensOf(block.text.length)
  if (block.type === 'image') return TOKENS_AN_IMAGE
  if (block.type !== 'tool_result') return tokensOf(JSON.stringify(block).length)
  return sum(blocksOf(block.content ?? undefined).map(countBlockTokens))
}

/** All input: tools, system prompt, messages. */
export function countInputTokens(request: MessagesRequest): number {
  const tools = (request.tools ?? []).map((tool) => tokensOf(JSON.stringify(tool).length))
  const system = blocksOf(request.system ?? undefined).map(countBlockTokens)
  const messages = request.messages.flatMap(({ content }) => blocksOf(content)).map(countBlockTokens)
  return sum([...tools, ...system, ...messages])
}

function sum(numbers: readonly number[]): number {
  return numbers.reduce((total, number) => total + number, 0)
}
