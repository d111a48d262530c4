import { describe, expect, it } from 'vitest'
import type { CallForm } from '../../../src/translate/tools/call-form.ts'
import { foldChat } from '../../../src/translate/answers/fold-chat.ts'
import type { FinishReason, TurnEvent } from '../../../src/turn/turn-event.ts'
import { chatChunkSchema, type ChatChunk } from '../../../src/wire/chat-chunk.ts'
import { chatCompletionSchema } from '../../../src/wire/chat-response.ts'
import { renderChunks } from '../fixtures.ts'

const PLAIN: CallForm = { isLegacy: false, isSingle: false, custom: new Set() }
const LEGACY: CallForm = { ...PLAIN, isLegacy: true, isSingle: true }
const CUSTOM: CallForm = { ...PLAIN, custom: new Set(['run']) }

const start: TurnEvent = { type: 'start', model: 'm' }
const text = (value: string): TurnEvent => ({ type: 'text', text: value })
const call = (id: string, name = 'f'): TurnEvent => ({ type: 'tool_call', id, name })
const args = (json: string): TurnEvent => ({ type: 'tool_arguments', json })
const usage = { inputTokens: 1, cacheReadTokens: 0, cacheWriteTokens: 0, outputTokens: 1, reasoningTokens: 0 }
const finish = (reason: FinishReason = 'tool_calls'): TurnEvent => ({ type: 'finish', reason, usage })

function render(events: TurnEvent[], callForm: CallForm = PLAIN): ChatChunk[] {
  return renderChunks(events, callForm).map((chunk) => chatChunkSchema.parse(chunk))
}

const deltas = (events: TurnEvent[], form = PLAIN) =>
  render(events, form).flatMap((chunk) => chunk.choices.map((choice) => choice.delta))

function fold(events: TurnEvent[], form = PLAIN) {
  const answer = chatCompletionSchema.parse(foldChat(render(events, form)))
  return answer.choices[0]
}

const first = { role: 'assistant', content: '', refusal: null }
const TWO = [start, call('toolu_1', 'f'), args('{"a"'), args(':1}'), call('toolu_2', 'g'), args('{}'), finish()]

describe('calls in a stream', () => {
  it('have id, type and name on their first delta only, and their index on each', () => {
    expect(deltas(TWO)).toEqual([
      first,
      { tool_calls: [{ index: 0, id: 'call_1', type: 'function', function: { name: 'f', arguments: '' } }] },
      { tool_calls: [{ index: 0, function: { arguments: '{"a"' } }] },
      { tool_calls: [{ index: 0, function: { arguments: ':1}' } }] },
      { tool_calls: [{ index: 1, id: 'call_2', type: 'function', function: { name: 'g', arguments: '' } }] },
      { tool_calls: [{ index: 1, function: { arguments: '{}' } }] },
      {},
    ])
  })

  it('end with the reason tool_calls', () => {
    const reasons = render(TWO).flatMap((chunk) => chunk.choices.map((choice) => choice.finish_reason))
    expect(reasons.filter((reason) => reason !== null)).toEqual(['tool_calls'])
  })

  it.each([
    ['toolu_01AbC', 'call_01AbC'],
    ['toolu_bdrk_01', 'call_bdrk_01'],
    ['call_5', 'call_5'],
    ['7', 'call_7'],
  ])('of the id %s are called %s', (id, expected) => {
    expect(fold([start, call(id), args('{}'), finish()])?.message.tool_calls?.[0]?.id).toBe(expected)
  })

  it('come after the text before them', () => {
    expect(deltas([start, text('Well\ud83d'), call('1'), args('{}'), finish()]).slice(0, 3)).toEqual([
      first,
      { content: 'Well' },
      { content: '\ufffd' },
    ])
  })

  it('never cut a character in halves', () => {
    const events = [start, call('1'), args('{"a":"\ud83d'), args('\ude00"}'), finish()]
    expect(deltas(events).slice(2, -1)).toEqual([
      { tool_calls: [{ index: 0, function: { arguments: '{"a":"' } }] },
      { tool_calls: [{ index: 0, function: { arguments: '😀"}' } }] },
    ])
  })

  it('of custom tools give their text bare', () => {
    const events = [
      start,
      call('1', 'run'),
      args('{"inp'),
      args('ut":"l'),
      args(String.raw`s\n"}`),
      call('2', 'f'),
      args('{}'),
      finish(),
    ]
    expect(deltas(events, CUSTOM).slice(1, -1)).toEqual([
      { tool_calls: [{ index: 0, id: 'call_1', type: 'custom', custom: { name: 'run', input: '' } }] },
      { tool_calls: [{ index: 0, custom: { input: 'l' } }] },
      { tool_calls: [{ index: 0, custom: { input: 's\n' } }] },
      { tool_calls: [{ index: 1, id: 'call_2', type: 'function', function: { name: 'f', arguments: '' } }] },
      { tool_calls: [{ index: 1, function: { arguments: '{}' } }] },
    ])
  })

  it('have the older form where the request has it', () => {
    expect(deltas(TWO, LEGACY)).toEqual([
      first,
      { function_call: { name: 'f', arguments: '' } },
      { function_call: { arguments: '{"a"' } },
      { function_call: { arguments: ':1}' } },
      {},
    ])
    expect(render(TWO, LEGACY).at(-2)?.choices[0]?.finish_reason).toBe('function_call')
  })

  it('are one where only one may be', () => {
    expect(fold(TWO, { ...PLAIN, isSingle: true })?.message.tool_calls).toHaveLength(1)
  })
})

describe('calls in a whole answer', () => {
  it('are whole, with null for the text that there is not', () => {
    expect(fold(TWO)).toEqual({
      index: 0,
      message: {
        role: 'assistant',
        content: null,
        refusal: null,
        annotations: [],
        tool_calls: [
          { id: 'call_1', type: 'function', function: { name: 'f', arguments: '{"a":1}' } },
          { id: 'call_2', type: 'function', function: { name: 'g', arguments: '{}' } },
        ],
      },
      logprobs: null,
      finish_reason: 'tool_calls',
    })
  })

  it('stand beside the text where there is some', () => {
    expect(fold([start, text('Well'), call('1'), args('{}'), finish()])?.message.content).toBe('Well')
  })

  it('of custom tools have their text', () => {
    const events = [start, call('1', 'run'), args('{"input":"a\\"b"}'), finish()]
    expect(fold(events, CUSTOM)?.message.tool_calls).toEqual([
      { id: 'call_1', type: 'custom', custom: { name: 'run', input: 'a"b' } },
    ])
  })

  it('have the older form where the request has it', () => {
    expect(fold(TWO, LEGACY)).toMatchObject({
      message: { content: null, function_call: { name: 'f', arguments: '{"a":1}' } },
      finish_reason: 'function_call',
    })
  })

  it('keep what there is of them where the answer ends by length', () => {
    const answer = fold([start, call('1'), args('{"a":"b'), finish('length')])
    expect(answer).toMatchObject({
      finish_reason: 'length',
      message: { tool_calls: [{ function: { arguments: '{"a":"b' } }] },
    })
  })
})
