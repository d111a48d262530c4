import { describe, expect, it } from 'vitest'
import { foldChat } from '../../../src/translate/answers/fold-chat.ts'
import { createChatRenderer, REFUSAL, type ChatRendering } from '../../../src/translate/answers/turn-to-chat.ts'
import type { FinishReason, TurnEvent, Usage } from '../../../src/turn/turn-event.ts'
import { chatChunkSchema, type ChatChunk } from '../../../src/wire/chat-chunk.ts'
import { chatCompletionSchema } from '../../../src/wire/chat-response.ts'
import { refusalOf } from '../fixtures.ts'

const USAGE: Usage = { inputTokens: 30, cacheReadTokens: 20, cacheWriteTokens: 5, outputTokens: 7, reasoningTokens: 3 }
const WIRE_USAGE = {
  prompt_tokens: 30,
  completion_tokens: 7,
  total_tokens: 37,
  prompt_tokens_details: { cached_tokens: 20, cache_write_tokens: 5, audio_tokens: 0 },
  completion_tokens_details: {
    reasoning_tokens: 3,
    audio_tokens: 0,
    accepted_prediction_tokens: 0,
    rejected_prediction_tokens: 0,
  },
}

const start: TurnEvent = { type: 'start', model: 'claude-sonnet-5-5' }
const text = (value: string): TurnEvent => ({ type: 'text', text: value })
const reasoning = (value: string): TurnEvent => ({ type: 'reasoning', text: value })
const finish = (reason: FinishReason = 'done', usage = USAGE): TurnEvent => ({ type: 'finish', reason, usage })

function render(events: TurnEvent[], change: Partial<ChatRendering> = {}): ChatChunk[] {
  const renderer = createChatRenderer({
    id: 'chatcmpl-1',
    created: 1_700_000_000,
    requestedModel: 'sonnet',
    includeUsage: false,
    callForm: { isLegacy: false, isSingle: false, custom: new Set() },
    ...change,
  })
  return events.flatMap((event) => renderer(event))
}

const fold = (events: TurnEvent[], change: Partial<ChatRendering> = {}) =>
  foldChat(render(events, { includeUsage: true, ...change }))

const deltas = (events: TurnEvent[]) => render(events).map((chunk) => chunk.choices[0]?.delta)
const first = { role: 'assistant', content: '', refusal: null }

describe('the chunks of an answer', () => {
  it('begin with the role, go on with the deltas and end with an empty one', () => {
    expect(deltas([start, text('Hel'), text('lo'), finish()])).toEqual([
      first,
      { content: 'Hel' },
      { content: 'lo' },
      {},
    ])
  })

  it('do not begin before there is content: until then the turn may fail with a status', () => {
    expect(render([start])).toEqual([])
  })

  it('carry the reasoning apart from the text', () => {
    expect(deltas([start, reasoning('hm'), text('yes'), finish()])).toEqual([
      first,
      { reasoning_content: 'hm' },
      { content: 'yes' },
      {},
    ])
  })

  it('leave out empty pieces', () => {
    expect(deltas([start, text(''), reasoning(''), finish()])).toEqual([first, {}])
  })

  it('all have the same head, no log probabilities, and a finish reason that is null until the last', () => {
    const chunks = render([start, text('a'), finish()])
    for (const chunk of chunks) {
      expect(chunk).toMatchObject({ id: 'chatcmpl-1', created: 1_700_000_000, model: 'claude-sonnet-5-5' })
      expect(chunk.choices[0]).toMatchObject({ index: 0, logprobs: null })
    }
    expect(chunks.map((chunk) => chunk.choices[0]?.finish_reason)).toEqual([null, null, 'stop'])
  })

  it('name the model asked for where the engine names none', () => {
    expect(render([{ type: 'start', model: '' }, finish()])[0]?.model).toBe('sonnet')
  })

  it('say nothing of usage unless asked', () => {
    for (const chunk of render([start, text('a'), finish()])) expect(chunk).not.toHaveProperty('usage')
  })

  it('have usage null until a last chunk without choices', () => {
    const chunks = render([start, text('a'), finish()], { includeUsage: true })
    expect(chunks.map((chunk) => chunk.usage)).toEqual([null, null, null, WIRE_USAGE])
    expect(chunks.at(-1)?.choices).toEqual([])
  })

  it('name the service tier only when told to', () => {
    for (const chunk of render([start, finish()])) expect(chunk).not.toHaveProperty('service_tier')
    for (const chunk of render([start, finish()], { tellTier: () => 'default' }))
      expect(chunk.service_tier).toBe('default')
  })

  it('tell a refusal before the last one', () => {
    const events = [start, text('Well'), finish('refusal')]
    expect(deltas(events)).toEqual([first, { content: 'Well' }, { refusal: REFUSAL }, {}])
    expect(render(events).at(-1)?.choices[0]?.finish_reason).toBe('content_filter')
  })

  it.each<[FinishReason, string]>([
    ['done', 'stop'],
    ['stop_sequence', 'stop'],
    ['length', 'length'],
    ['refusal', 'content_filter'],
  ])('end a turn that is %s with %s', (reason, word) => {
    expect(render([start, finish(reason)]).at(-1)?.choices[0]?.finish_reason).toBe(word)
  })

  it('hold back half a character until its other half has come', () => {
    expect(deltas([start, text('a\ud83d'), text('\ude00b'), finish()])).toEqual([
      first,
      { content: 'a' },
      { content: '😀b' },
      {},
    ])
  })

  it('keep the halves of reasoning and text apart', () => {
    const events = [start, reasoning('\ud83d'), text('\ud83d'), reasoning('\ude00'), text('\ude01'), finish()]
    expect(deltas(events)).toEqual([first, { reasoning_content: '😀' }, { content: '😁' }, {}])
  })

  it('give half a character that stays alone as U+FFFD', () => {
    expect(deltas([start, text('a\ud83d'), finish()])).toEqual([first, { content: 'a' }, { content: '\ufffd' }, {}])
  })

  it('match their schema', () => {
    const events = [start, reasoning('hm'), text('yes'), finish('refusal', { ...USAGE, costUsd: 0.01 })]
    for (const chunk of render(events, { includeUsage: true, tellTier: () => 'default' })) {
      expect(chatChunkSchema.parse(chunk)).toEqual(chunk)
    }
  })
})

describe('the whole answer', () => {
  it('has every field, exactly', () => {
    const answer = fold([start, text('Hel'), text('lo'), finish()])
    expect(answer).toEqual({
      id: 'chatcmpl-1',
      object: 'chat.completion',
      created: 1_700_000_000,
      model: 'claude-sonnet-5-5',
      choices: [
        {
          index: 0,
          message: { role: 'assistant', content: 'Hello', refusal: null, annotations: [] },
          logprobs: null,
          finish_reason: 'stop',
        },
      ],
      usage: WIRE_USAGE,
    })
    expect(chatCompletionSchema.parse(answer)).toEqual(answer)
  })

  it('has the reasoning where there is some', () => {
    const { message } = fold([start, reasoning('h'), reasoning('m'), text('yes'), finish()]).choices[0] ?? {}
    expect(message).toMatchObject({ content: 'yes', reasoning_content: 'hm' })
  })

  it('has the cost where it is known, also when it is nothing', () => {
    expect(fold([start, finish('done', { ...USAGE, costUsd: 0 })]).usage.cost).toBe(0)
    expect(fold([start, finish()]).usage).not.toHaveProperty('cost')
  })

  it('has empty content where the model said nothing', () => {
    expect(fold([start, finish('length')]).choices[0]?.message.content).toBe('')
  })

  it.each([
    [[], null],
    [[text('Well')], 'Well'],
  ])('keeps of a refusal what was said before: %j', (events, content) => {
    const answer = fold([start, ...events, finish('refusal')])
    expect(answer.choices[0]).toMatchObject({ finish_reason: 'content_filter', message: { content, refusal: REFUSAL } })
    expect(chatCompletionSchema.parse(answer)).toEqual(answer)
  })

  it('has the service tier when told to', () => {
    expect(fold([start, finish()], { tellTier: () => 'default' }).service_tier).toBe('default')
    expect(fold([start, finish()])).not.toHaveProperty('service_tier')
  })

  it.each([
    ['no chunk', []],
    ['no finish', [start, text('a')]],
  ])('is an error with %s', (_, events) => {
    expect(refusalOf(() => fold(events)).code).toBe('backend_error')
  })
})
