import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { foldChat } from '../../src/translate/fold-chat.ts'
import { createChatRenderer } from '../../src/translate/turn-to-chat.ts'
import type { TurnEvent } from '../../src/turn/turn-event.ts'
import { chatChunkSchema, type ChatChunk } from '../../src/wire/chat-chunk.ts'
import { chatCompletionSchema } from '../../src/wire/chat-response.ts'

const usage = { inputTokens: 1, cacheReadTokens: 0, cacheWriteTokens: 0, outputTokens: 1, reasoningTokens: 0 }
const words = fc.string({
  unit: fc.oneof(fc.constantFrom('a', 'é', '字', '😀', '👩‍👩‍👧', '\u{10ffff}'), fc.string({ unit: 'binary' })),
})
const reason = fc.constantFrom('done', 'stop_sequence', 'length', 'refusal')

/** A text cut anywhere between two UTF-16 units, in the midst of characters too. */
const pieces = fc.tuple(words, fc.array(fc.nat(), { maxLength: 10 })).map(([text, cuts]) => {
  const places = [...new Set([0, ...cuts.map((cut) => cut % (text.length + 1)), text.length])].toSorted((a, b) => a - b)
  return { text, pieces: places.map((place, index) => text.slice(place, places[index + 1])) }
})

function render(events: TurnEvent[]): ChatChunk[] {
  const renderer = createChatRenderer({ id: 'chatcmpl-1', created: 1, requestedModel: 'm', includeUsage: true })
  return events.flatMap((event) => renderer(event))
}

describe('an answer, however its words are cut', () => {
  it('is whole, the same streamed as folded, and never ends a delta in half a character', () => {
    fc.assert(
      fc.property(pieces, pieces, reason, (thought, said, end) => {
        const chunks = render([
          { type: 'start', model: 'm' },
          ...thought.pieces.map((text): TurnEvent => ({ type: 'reasoning', text })),
          ...said.pieces.map((text): TurnEvent => ({ type: 'text', text })),
          { type: 'finish', reason: end, usage },
        ])
        const deltas = chunks.flatMap((chunk) => chunk.choices.map((choice) => choice.delta))
        const streamed = deltas.map((delta) => delta.content ?? '').join('')
        const streamedThought = deltas.map((delta) => delta.reasoning_content ?? '').join('')
        expect(streamed).toBe(said.text)
        expect(streamedThought).toBe(thought.text)
        expect(JSON.stringify(deltas)).not.toMatch(/\\ud[89a-f]/)

        const answer = foldChat(chunks)
        expect(answer.choices[0]?.message.content ?? '').toBe(streamed)
        expect(answer.choices[0]?.message.reasoning_content ?? '').toBe(streamedThought)
        expect(chatCompletionSchema.safeParse(answer).success).toBe(true)
        for (const chunk of chunks) expect(chatChunkSchema.safeParse(chunk).success).toBe(true)
      }),
    )
  })
})
