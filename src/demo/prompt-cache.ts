/**
 * Cache counters that behave like the API's: a prefix up to a `cache_control` mark is written once and read from then on.
 * https://platform.claude.com/docs/en/build-with-claude/prompt-caching
 */
import { createHash } from 'node:crypto'
import type { AnswerUsage } from './answer.ts'
import { countBlockTokens, tokensOf } from './count-tokens.ts'
import { blocksOf, type MessagesRequest } from './request-shape.ts'

export interface PromptCache {
  /** Counts a request's input and remembers its marked prefixes. */
  count(request: MessagesRequest): Pick<AnswerUsage, 'inputTokens' | 'cacheReadTokens' | 'cacheWriteTokens'>
}

/** One thing that the model reads: a tool, a block of the system prompt, a block of a message. */
interface Unit {
  readonly text: string
  readonly tokens: number
  readonly marked: boolean
}

/** A prefix shorter than this is not cached. */
const LEAST_TOKENS = 1_024

/** @param limit how many prefixes are remembered; the one not used for the longest time goes first */
export function createPromptCache(limit = 1_000): PromptCache {
  const known = new Set<string>()
  const remember = (prefix: string): void => {
    known.delete(prefix)
    known.add(prefix)
    const oldest = known.values().next()
    if (known.size > limit && oldest.done !== true) known.delete(oldest.value)
  }
  return {
    count(request) {
      let prefix = request.model
      let total = 0
      let read = 0
      let cached = 0
      const marks: string[] = []
      for (const unit of unitsOf(request)) {
        prefix = createHash('sha256').update(prefix).update(unit.text).digest('base64')
        total += unit.tokens
        if (known.has(prefix)) read = total
        if (unit.marked && total >= LEAST_TOKENS) {
          cached = total
          marks.push(prefix)
        }
      }
      for (const mark of marks) remember(mark)
      const write = Math.max(0, cached - read)
      return { inputTokens: total - read - write, cacheReadTokens: read, cacheWriteTokens: write }
    },
  }
}

function* unitsOf(request: MessagesRequest): Generator<Unit, void> {
  for (const { cache_control: mark, ...tool } of request.tools ?? []) {
    const text = JSON.stringify(tool)
    yield { text, tokens: tokensOf(text.length), marked: isMark(mark) }
  }
  const messages = [{ role: 'prompt', content: request.system ?? undefined }, ...request.messages]
  for (const { role, content } of messages) {
    for (const block of blocksOf(content)) {
      const { cache_control: mark, ...rest } = block
      yield { text: JSON.stringify([role, rest]), tokens: countBlockTokens(block), marked: isMark(mark) }
    }
  }
}

function isMark(mark: unknown): boolean {
  return mark !== undefined && mark !== null
}
