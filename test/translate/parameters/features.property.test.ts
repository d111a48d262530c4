import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { chatToTurn } from '../../../src/translate/chat-to-turn.ts'
import { foldChat } from '../../../src/translate/answers/fold-chat.ts'
import { createChatRenderer } from '../../../src/translate/answers/turn-to-chat.ts'
import { FEATURES } from '../../../src/turn/capabilities.ts'
import type { TurnEvent } from '../../../src/turn/turn-event.ts'
import { chatChunkSchema, type ChatChunk } from '../../../src/wire/chat-chunk.ts'
import { chatCompletionSchema } from '../../../src/wire/chat-response.ts'
import { chatRequest, CONTEXT, renderChunks } from '../fixtures.ts'

const rarely = <T>(arbitrary: fc.Arbitrary<T>) => fc.option(arbitrary, { nil: undefined })
const schema = fc.constantFrom(
  { type: 'object', properties: { a: { type: 'integer', minimum: 1 } }, required: ['a'] },
  { type: 'object', additionalProperties: { type: 'string' } },
  { $ref: '#/$defs/node', $defs: { node: { type: 'object', properties: { next: { $ref: '#/$defs/node' } } } } },
)
const tools = fc.tuple(schema, fc.boolean()).map(([parameters, strict]) => [
  { type: 'function', function: { name: 'f', parameters, strict } },
  { type: 'custom', custom: { name: 'g' } },
])
const body = fc
  .record({
    model: fc.constantFrom('opus', 'haiku', 'claude-haiku-4-5', 'claude-sonnet-4', 'claude-9'),
    temperature: rarely(fc.double({ min: 0, max: 2, noNaN: true })),
    top_p: rarely(fc.double({ min: 0, max: 1, noNaN: true })),
    top_k: rarely(fc.nat(100)),
    stop: rarely(fc.array(fc.string(), { maxLength: 4 })),
    reasoning_effort: rarely(fc.constantFrom('none', 'low', 'max')),
    max_tokens: rarely(fc.integer({ min: 1, max: 100_000 })),
    response_format: rarely(
      fc.oneof(
        fc.constantFrom({ type: 'text' }, { type: 'json_object' }),
        schema.map((one) => ({ type: 'json_schema', json_schema: { name: 'x', schema: one } })),
      ),
    ),
    offer: rarely(
      fc.record({
        tools,
        tool_choice: fc.constantFrom(
          'auto',
          'none',
          'required',
          { type: 'function', function: { name: 'f' } },
          { type: 'custom', custom: { name: 'g' } },
        ),
      }),
    ),
  })
  .map(({ offer, ...rest }) => ({ ...rest, ...offer }))

describe('whatever a model refuses', () => {
  it('is not asked of it, and each parameter that is dropped is named', () => {
    fc.assert(
      fc.property(body, fc.subarray([...FEATURES]), (parameters, refused) => {
        const { turn, ignored } = chatToTurn(chatRequest(parameters), CONTEXT)({ callId: 'toolu_own', refused })
        const { sampling, toolUse, outputSchema } = turn
        if (refused.includes('sampling')) expect(sampling).toBeUndefined()
        if (refused.includes('both_sampling'))
          expect(sampling?.temperature !== undefined && sampling.topP !== undefined).toBe(false)
        if (refused.includes('forced_tool_choice')) expect(['auto', 'none', undefined]).toContain(toolUse?.choice)
        if (refused.includes('output_schema')) expect(outputSchema).toBeUndefined()
        if (refused.includes('strict_tools'))
          expect(toolUse?.tools.every(({ strict }) => strict !== true) ?? true).toBe(true)
        const asked = {
          temperature: parameters.temperature !== undefined && parameters.temperature < 1,
          top_p: parameters.top_p !== undefined && parameters.top_p !== 1,
          top_k: parameters.top_k !== undefined && parameters.top_k !== 0,
        }
        const sent = {
          temperature: sampling?.temperature !== undefined,
          top_p: sampling?.topP !== undefined,
          top_k: sampling?.topK !== undefined,
        }
        for (const name of ['temperature', 'top_p', 'top_k'] as const)
          expect(sent[name] || ignored.some((dropped) => dropped.name === name)).toBe(asked[name])
        expect(turn.conversation.at(-1)?.role).toBe('user')
        expect(new Set(ignored.map(({ name }) => name)).size).toBe(ignored.length)
      }),
    )
  })
})

const usage = { inputTokens: 3, cacheReadTokens: 1, cacheWriteTokens: 0, outputTokens: 2, reasoningTokens: 1 }
const answer = fc
  .array(fc.string({ unit: 'grapheme' }), { maxLength: 4 })
  .map((texts): TurnEvent[] => [
    { type: 'start', model: 'm' },
    ...texts.map((text): TurnEvent => ({ type: 'text', text })),
    { type: 'finish', reason: 'done', usage },
  ])

describe('several answers', () => {
  it('are the same whole as streamed, and as each alone, however they come among each other', () => {
    const answers = fc.array(answer, { minLength: 1, maxLength: 4 })
    fc.assert(
      fc.property(answers, fc.infiniteStream(fc.nat()), (all, order) => {
        const renderer = createChatRenderer({
          id: 'chatcmpl-1',
          created: 1,
          requestedModel: 'm',
          includeUsage: true,
          callForm: { isLegacy: false, isSingle: false, custom: new Set() },
          choices: all.length,
        })
        const queues = all.map((events, index) => ({ index, events: [...events] }))
        const chunks: ChatChunk[] = []
        for (let left = queues; left.length > 0; left = left.filter(({ events }) => events.length > 0)) {
          const next = left[order.next().value % left.length]
          const event = next?.events.shift()
          if (next !== undefined && event !== undefined) chunks.push(...renderer(event, next.index))
        }
        for (const chunk of chunks) expect(chatChunkSchema.safeParse(chunk).success).toBe(true)
        const whole = chatCompletionSchema.parse(foldChat(chunks))
        const alone = all.map((events) =>
          foldChat(renderChunks(events, { isLegacy: false, isSingle: false, custom: new Set() })),
        )
        expect(whole.choices.map(({ message }) => message)).toEqual(alone.map(({ choices }) => choices[0]?.message))
        expect(whole.usage.prompt_tokens).toBe(usage.inputTokens)
        expect(whole.usage.completion_tokens).toBe(usage.outputTokens * all.length)
      }),
    )
  })
})
