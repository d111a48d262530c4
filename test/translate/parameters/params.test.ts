import { describe, expect, it } from 'vitest'
import { settleFates } from '../../../src/translate/parameters/fates.ts'
import { CHAT_PARAMETERS, FATES, judgeChat } from '../../../src/translate/parameters/params.ts'
import type { ChatRequest } from '../../../src/wire/chat-request.ts'
import { chatRequest, refusalOf } from '../fixtures.ts'

const judgeParameters = (request: ChatRequest, { strict: isStrict }: { strict: boolean }) =>
  settleFates(judgeChat(request), { strict: isStrict })
const lenient = { strict: false }
const strict = { strict: true }
const tool = { type: 'function', function: { name: 'f' } }

const DEFAULTS: Readonly<Record<string, unknown>>[] = [
  { logprobs: false },
  { top_logprobs: 0 },
  { n: 1 },
  { logit_bias: {} },
  { store: false },
  { temperature: 1 },
  { top_p: 1 },
  { top_k: 0 },
  { frequency_penalty: 0, presence_penalty: 0 },
  { tools: [], tool_choice: 'auto', parallel_tool_calls: true },
  { tool_choice: 'none' },
  { functions: [], function_call: 'auto' },
  { function_call: 'none' },
  { modalities: ['text'] },
  { response_format: { type: 'text' } },
  { stop: null },
  { stop: [] },
  { verbosity: 'medium' },
  { prompt_cache_retention: 'in_memory' },
  { prompt_cache_retention: 'in-memory' },
  { enable_tools: false },
  { stream_options: {} },
]

const ACCEPTED: Readonly<Record<string, unknown>>[] = [
  { stream: true, stream_options: { include_usage: true, include_obfuscation: true } },
  { max_tokens: 5, max_completion_tokens: 5 },
  { reasoning_effort: 'high' },
  { temperature: 0, top_p: 0.5, top_k: 40 },
  { stop: ['x', '\n'] },
  { n: 8 },
  { metadata: { a: 'b' }, user: 'u', safety_identifier: 's' },
  { prompt_cache_key: 'k', prompt_cache_options: { mode: 'explicit', ttl: '30m' } },
  { service_tier: 'priority' },
  { tools: [tool], tool_choice: tool, parallel_tool_calls: false },
  { functions: [{ name: 'f' }], function_call: { name: 'f' } },
  { tools: [{ type: 'custom', custom: { name: 'f', format: { type: 'text' } } }] },
  { an_unknown_one: 1 },
  { response_format: { type: 'json_object' } },
  { response_format: { type: 'json_schema', json_schema: { name: 'x' } } },
]

const IGNORED: [string, unknown][] = [
  ['frequency_penalty', 0.1],
  ['presence_penalty', -0.1],
  ['logit_bias', { 5: 1 }],
  ['seed', 0],
  ['verbosity', 'low'],
  ['prediction', { type: 'content', content: 'x' }],
  ['prompt_cache_retention', '24h'],
  ['store', true],
]

const REJECTED: [string, Readonly<Record<string, unknown>>][] = [
  ['logprobs', { logprobs: true }],
  ['top_logprobs', { top_logprobs: 1 }],
  ['modalities', { modalities: ['text', 'audio'] }],
  ['audio', { audio: { voice: 'ash', format: 'mp3' } }],
  ['moderation', { moderation: { model: 'm' } }],
]

describe('the fates of the parameters', () => {
  it.each([...DEFAULTS, ...ACCEPTED])('has nothing to say about %j, even when strict', (parameters) => {
    expect(judgeParameters(chatRequest(parameters), strict)).toEqual({ ignored: [] })
  })

  it('has nothing to say about null for any parameter', () => {
    const names = CHAT_PARAMETERS.filter((name) => name !== 'model' && name !== 'messages')
    const request = chatRequest(Object.fromEntries(names.map((name) => [name, null])))
    expect(judgeParameters(request, strict)).toEqual({ ignored: [] })
  })

  it.each(IGNORED)('names %s: %j as ignored', (name, value) => {
    expect(judgeParameters(chatRequest({ [name]: value }), lenient)).toEqual({ ignored: [name] })
  })

  it.each(IGNORED)('refuses %s: %j when strict', (name, value) => {
    const error = refusalOf(() => judgeParameters(chatRequest({ [name]: value }), strict))
    expect(error).toMatchObject({ code: 'unsupported_parameter', param: name })
  })

  it.each(REJECTED)('refuses %s in %j', (name, parameters) => {
    const error = refusalOf(() => judgeParameters(chatRequest(parameters), lenient))
    expect(error).toMatchObject({ code: 'unsupported_parameter', param: name })
    expect(error.message).toContain(`'${name}'`)
  })

  it('names the grammar of a custom tool, which the model is only told', () => {
    const grammar = { type: 'grammar', grammar: { syntax: 'lark', definition: 'start: "a"' } }
    const request = chatRequest({ seed: 1, tools: [tool, { type: 'custom', custom: { name: 'g', format: grammar } }] })
    expect(judgeParameters(request, lenient)).toEqual({ ignored: ['seed', 'tools[1].custom.format.grammar'] })
    const { messages: _, ...rest } = request
    const error = refusalOf(() => judgeParameters(chatRequest({ ...rest, seed: null }), strict))
    expect(error).toMatchObject({ code: 'unsupported_parameter', param: 'tools[1].custom.format.grammar' })
  })

  it('names all that are ignored, in the order of the schema', () => {
    const { ignored } = judgeParameters(chatRequest({ seed: 1, store: true, verbosity: 'low' }), lenient)
    expect(ignored).toEqual(['seed', 'verbosity', 'store'])
  })

  it('gives a sentence for every fate', () => {
    for (const name of CHAT_PARAMETERS) expect(FATES[name].why).toMatch(/\.$/)
  })
})
