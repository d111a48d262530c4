import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { CallForm } from '../../../src/translate/tools/call-form.ts'
import { foldChat } from '../../../src/translate/answers/fold-chat.ts'
import type { TurnEvent } from '../../../src/turn/turn-event.ts'
import { chatChunkSchema, type ChatChunk, type ChatDelta } from '../../../src/wire/chat-chunk.ts'
import { chatCompletionSchema } from '../../../src/wire/chat-response.ts'
import { renderChunks } from '../fixtures.ts'

const usage = { inputTokens: 1, cacheReadTokens: 0, cacheWriteTokens: 0, outputTokens: 1, reasoningTokens: 0 }
const words = fc.string({
  unit: fc.oneof(fc.constantFrom('a', 'é', '字', '😀', '👩‍👩‍👧', '\u{10ffff}'), fc.string({ unit: 'binary' })),
})
const reason = fc.constantFrom('done', 'stop_sequence', 'length', 'refusal')

const PLAIN: CallForm = { isLegacy: false, isSingle: false, custom: new Set() }
const FORMS: readonly CallForm[] = [
  PLAIN,
  { ...PLAIN, isLegacy: true, isSingle: true },
  { ...PLAIN, isSingle: true },
  { ...PLAIN, custom: new Set(['run']) },
]

/** A text cut anywhere between two UTF-16 units, in the midst of characters too. */
const cut = (texts: fc.Arbitrary<string>) =>
  fc.tuple(texts, fc.array(fc.nat(), { maxLength: 10 })).map(([text, cuts]) => {
    const places = [...new Set([0, ...cuts.map((place) => place % (text.length + 1)), text.length])].toSorted(
      (a, b) => a - b,
    )
    return { text, pieces: places.map((place, index) => text.slice(place, places[index + 1])) }
  })

const pieces = cut(words)
const call = fc.record({
  id: fc.constant('toolu_1'),
  name: fc.constantFrom('f', 'run'),
  json: cut(
    fc.oneof(
      words.map((input) => JSON.stringify({ input })),
      fc.dictionary(words, fc.jsonValue()).map((value) => JSON.stringify(value)),
    ),
  ),
})

/** A client's own way to put the deltas of a stream together. */
function accumulate(deltas: readonly ChatDelta[]): Record<string, string>[] {
  const calls: Record<string, string>[] = []
  const add = (index: number, piece: Readonly<Record<string, string | undefined>>): void => {
    const sofar = (calls[index] ??= {})
    for (const [key, value] of Object.entries(piece)) sofar[key] = (sofar[key] ?? '') + (value ?? '')
  }
  for (const delta of deltas) {
    for (const piece of delta.tool_calls ?? []) {
      const { index, id, type, ...rest } = piece
      add(index, { ...(id === undefined ? {} : { id }), ...(type === undefined ? {} : { type }) })
      add(index, 'function' in rest ? rest.function : rest.custom)
    }
    if (delta.function_call !== undefined) add(0, delta.function_call)
  }
  return calls
}

function render(events: TurnEvent[], callForm: CallForm = PLAIN): ChatChunk[] {
  return renderChunks(events, callForm)
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

  it('has the same calls streamed as folded, and as uncut, in every form', () => {
    fc.assert(
      fc.property(
        fc.array(call, { minLength: 1, maxLength: 3 }),
        fc.constantFrom(...FORMS),
        pieces,
        (calls, form, said) => {
          const events = (isCut: boolean): TurnEvent[] => [
            { type: 'start', model: 'm' },
            { type: 'text', text: said.text },
            ...calls.flatMap(({ id, name, json }, index): TurnEvent[] => [
              { type: 'tool_call', id: `${id}${index}`, name },
              ...(isCut ? json.pieces : [json.text]).map((piece): TurnEvent => ({
                type: 'tool_arguments',
                json: piece,
              })),
            ]),
            { type: 'finish', reason: 'tool_calls', usage },
          ]
          const chunks = render(events(true), form)
          const deltas = chunks.flatMap((chunk) => chunk.choices.map((choice) => choice.delta))
          for (const chunk of chunks) expect(chatChunkSchema.safeParse(chunk).success).toBe(true)

          const answer = foldChat(chunks)
          expect(chatCompletionSchema.safeParse(answer).success).toBe(true)
          expect(answer).toEqual(foldChat(render(events(false), form)))
          const { tool_calls: whole = [], function_call: legacy } = answer.choices[0]?.message ?? {}
          const folded = whole.map((one) => {
            const { id, type } = one
            return { id, type, ...(one.type === 'function' ? one.function : one.custom) }
          })
          expect(accumulate(deltas)).toEqual(legacy === undefined ? folded : [legacy])
          expect(folded.length + (legacy === undefined ? 0 : 1)).toBe(form.isSingle ? 1 : calls.length)
          if (form === PLAIN)
            expect(folded).toMatchObject(calls.map(({ name, json }) => ({ name, arguments: json.text })))
        },
      ),
    )
  })
})
