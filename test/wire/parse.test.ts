import { describe, expect, it } from 'vitest'
import { ApiError } from '../../src/errors.ts'
import { chatRequestSchema } from '../../src/wire/chat-request.ts'
import { parseBody } from '../../src/wire/parse.ts'

const hello = { model: 'sonnet', messages: [{ role: 'user', content: 'hi' }] }

function refusal(body: unknown): ApiError {
  try {
    parseBody(chatRequestSchema, body)
  } catch (error) {
    if (error instanceof ApiError) return error
    throw error
  }
  throw new Error('it was accepted')
}

const withMessage = (message: unknown) => ({ ...hello, messages: [message] })
const withPart = (part: unknown) => withMessage({ role: 'user', content: [{ type: 'text', text: 'a' }, part] })

const tool = (name: string, parameters: unknown = {}) => ({ type: 'function', function: { name, parameters } })
const named = (name: string) => ({ ...hello, tools: [tool(name)] })
const allowing = (tools: unknown[]) => ({
  ...hello,
  tool_choice: { type: 'allowed_tools', allowed_tools: { mode: 'auto', tools } },
})

describe('parseBody names what is wrong with OpenAI code and param', () => {
  it.each<[string, unknown, string, string | null]>([
    ['no object', [], 'invalid_type', null],
    ['null', null, 'invalid_type', null],
    ['no model', { messages: hello.messages }, 'missing_required_parameter', 'model'],
    ['no messages', { model: 'sonnet' }, 'missing_required_parameter', 'messages'],
    ['null for a required one', { ...hello, messages: null }, 'invalid_type', 'messages'],
    ['an empty model', { ...hello, model: '' }, 'invalid_value', 'model'],
    ['no message', { ...hello, messages: [] }, 'empty_array', 'messages'],
    [
      'too many messages',
      { ...hello, messages: Array(2001).fill(hello.messages[0]) },
      'array_above_max_length',
      'messages',
    ],
    ['a message that is none', withMessage('hi'), 'invalid_type', 'messages[0]'],
    ['a message without role', withMessage({ content: 'hi' }), 'missing_required_parameter', 'messages[0].role'],
    ['an unknown role', withMessage({ role: 'robot', content: 'hi' }), 'invalid_value', 'messages[0].role'],
    ['a role of a wrong type', withMessage({ role: 5, content: 'hi' }), 'invalid_type', 'messages[0].role'],
    ['no content', withMessage({ role: 'user' }), 'missing_required_parameter', 'messages[0].content'],
    ['null as content of a user', withMessage({ role: 'user', content: null }), 'invalid_type', 'messages[0].content'],
    ['a number as content', withMessage({ role: 'user', content: 7 }), 'invalid_type', 'messages[0].content'],
    ['a part that is none', withPart('b'), 'invalid_type', 'messages[0].content[1]'],
    ['an unknown part', withPart({ type: 'video' }), 'invalid_value', 'messages[0].content[1].type'],
    ['a part without type', withPart({ text: 'b' }), 'missing_required_parameter', 'messages[0].content[1].type'],
    ['a part without text', withPart({ type: 'text' }), 'missing_required_parameter', 'messages[0].content[1].text'],
    [
      'an image without URL',
      withPart({ type: 'image_url', image_url: {} }),
      'missing_required_parameter',
      'messages[0].content[1].image_url.url',
    ],
    [
      'an image for the system',
      withMessage({ role: 'system', content: [{ type: 'image_url' }] }),
      'invalid_value',
      'messages[0].content[0].type',
    ],
    ['a text as temperature', { ...hello, temperature: 'hot' }, 'invalid_type', 'temperature'],
    ['an endless temperature', { ...hello, temperature: Infinity }, 'invalid_type', 'temperature'],
    ['a high temperature', { ...hello, temperature: 3 }, 'decimal_above_max_value', 'temperature'],
    ['a low temperature', { ...hello, temperature: -1 }, 'decimal_below_min_value', 'temperature'],
    ['a high top_p', { ...hello, top_p: 1.1 }, 'decimal_above_max_value', 'top_p'],
    ['half an n', { ...hello, n: 1.5 }, 'invalid_type', 'n'],
    ['too many n', { ...hello, n: 9 }, 'integer_above_max_value', 'n'],
    ['no token', { ...hello, max_tokens: 0 }, 'integer_below_min_value', 'max_tokens'],
    [
      'no completion token',
      { ...hello, max_completion_tokens: -5 },
      'integer_below_min_value',
      'max_completion_tokens',
    ],
    ['too many stops', { ...hello, stop: ['a', 'b', 'c', 'd', 'e'] }, 'array_above_max_length', 'stop'],
    ['a number as stop', { ...hello, stop: 5 }, 'invalid_type', 'stop'],
    ['a number among stops', { ...hello, stop: ['a', 5] }, 'invalid_type', 'stop[1]'],
    ['a text as stream', { ...hello, stream: 'yes' }, 'invalid_type', 'stream'],
    ['an unknown effort', { ...hello, reasoning_effort: 'huge' }, 'invalid_value', 'reasoning_effort'],
    ['an unknown format', { ...hello, response_format: { type: 'xml' } }, 'invalid_value', 'response_format.type'],
    ['an unknown choice', { ...hello, tool_choice: 'maybe' }, 'invalid_value', 'tool_choice'],
    ['a number as choice', { ...hello, tool_choice: 5 }, 'invalid_type', 'tool_choice'],
    [
      'a choice without function',
      { ...hello, tool_choice: { type: 'function' } },
      'missing_required_parameter',
      'tool_choice.function',
    ],
    [
      'a tool without name',
      { ...hello, tools: [{ type: 'function', function: {} }] },
      'missing_required_parameter',
      'tools[0].function.name',
    ],
    ['an unknown kind of choice', { ...hello, tool_choice: { type: 'maybe' } }, 'invalid_value', 'tool_choice.type'],
    ['an odd name of a function', named('get weather'), 'invalid_value', 'tools[0].function.name'],
    ['an empty name of a function', named(''), 'invalid_value', 'tools[0].function.name'],
    ['a long name of a function', named('x'.repeat(65)), 'string_above_max_length', 'tools[0].function.name'],
    [
      'parameters that are no object',
      { ...hello, tools: [tool('f', [])] },
      'invalid_type',
      'tools[0].function.parameters',
    ],
    [
      'too many tools',
      { ...hello, tools: Array.from({ length: 129 }, (__, i) => tool(`f${i}`)) },
      'array_above_max_length',
      'tools',
    ],
    ['an unknown kind of tool', { ...hello, tools: [{ type: 'web_search' }] }, 'invalid_value', 'tools[0].type'],
    ['no allowed tool', allowing([]), 'empty_array', 'tool_choice.allowed_tools.tools'],
    [
      'an allowed tool without name',
      allowing([{ type: 'function' }]),
      'missing_required_parameter',
      'tool_choice.allowed_tools.tools[0].function',
    ],
    ['a number as metadata', { ...hello, metadata: { a: 1 } }, 'invalid_type', 'metadata.a'],
    ['a long metadata value', { ...hello, metadata: { a: 'x'.repeat(513) } }, 'string_above_max_length', 'metadata.a'],
  ])('%s', (_, body, code, param) => {
    const error = refusal(body)
    expect({ code: error.code, param: error.param }).toEqual({ code, param })
  })
})

describe("parseBody speaks in OpenAI's manner", () => {
  it.each<[unknown, string]>([
    [{ model: 'sonnet' }, "Missing required parameter: 'messages'."],
    [{ ...hello, temperature: 'x' }, "Invalid type for 'temperature': expected a decimal, but got a string instead."],
    [{ ...hello, n: 1.5 }, "Invalid type for 'n': expected an integer, but got a decimal number instead."],
    [{ ...hello, stop: 5 }, "Invalid type for 'stop': expected a string or an array, but got an integer instead."],
    [
      { ...hello, max_tokens: 0 },
      "Invalid 'max_tokens': integer below minimum value. Expected a value >= 1, but got 0 instead.",
    ],
    [
      { ...hello, messages: [] },
      "Invalid 'messages': empty array. Expected an array with minimum length 1, but got an empty array instead.",
    ],
    [
      named('get weather'),
      "Invalid 'tools[0].function.name': string does not match pattern. Expected a string that matches the pattern '^[a-zA-Z0-9_-]+$'.",
    ],
    [{ ...hello, verbosity: 'x' }, "Invalid value: 'x'. Supported values are: 'low', 'medium', and 'high'."],
    [{ ...hello, function_call: 'x' }, "Invalid value: 'x'. Supported values are: 'none' and 'auto'."],
  ])('%j', (body, message) => {
    expect(refusal(body).message).toBe(message)
  })

  it('never echoes a long value', () => {
    expect(refusal({ ...hello, reasoning_effort: 'x'.repeat(100_000) }).message.length).toBeLessThan(250)
  })

  it('never echoes a long or odd key', () => {
    const { message, param } = refusal({ ...hello, metadata: { [`\n\u001b[31m${'k'.repeat(5000)}`]: 1 } })
    expect(param?.length).toBeLessThan(90)
    expect(`${message}${param}`).not.toMatch(/\p{C}/u)
  })
})

describe('parseBody accepts', () => {
  it('null for every optional parameter', () => {
    const optional = chatRequestSchema.keyof().options.filter((name) => !['model', 'messages'].includes(name))
    const nulls = Object.fromEntries(optional.map((name) => [name, null]))
    expect(parseBody(chatRequestSchema, { ...nulls, ...hello })).toEqual({ ...nulls, ...hello })
  })

  it('unknown keys, and drops them', () => {
    const parsed = parseBody(chatRequestSchema, {
      ...hello,
      brand_new: 1,
      messages: [{ role: 'user', content: 'hi', extra: {}, reasoning_content: 'hm' }],
    })
    expect(parsed).toEqual(hello)
  })

  it('what real clients send for tool messages and assistants that call tools', () => {
    const call = { id: 'x', type: 'function', function: { name: 'f', arguments: '{}' } }
    const messages = [
      { role: 'user', content: 'a' },
      { role: 'user', content: 'b' },
      { role: 'assistant', content: null, tool_calls: [call] },
      { role: 'tool', tool_call_id: 'x', content: [] },
      { role: 'assistant', content: '', tool_calls: [call] },
      { role: 'tool', tool_call_id: 'x', content: '' },
    ]
    expect(parseBody(chatRequestSchema, { ...hello, messages }).messages).toHaveLength(6)
  })

  it('a limit that no model reaches', () => {
    expect(parseBody(chatRequestSchema, { ...hello, max_tokens: 1e300 }).max_tokens).toBe(1e300)
  })

  it('a seed beyond 2^53', () => {
    expect(parseBody(chatRequestSchema, { ...hello, seed: 2 ** 60 }).seed).toBe(2 ** 60)
  })

  it('__proto__ without a trace', () => {
    const body: unknown = JSON.parse(
      '{"model":"x","messages":[{"role":"user","content":"a"}],"__proto__":{"stream":true}}',
    )
    expect(parseBody(chatRequestSchema, body).stream).toBeUndefined()
  })
})

describe('parseBody bounds its work', () => {
  it('refuses more values than it would check', () => {
    const content = Array.from({ length: 200_000 }, () => ({}))
    expect(refusal({ ...hello, messages: [{ role: 'user', content }] }).code).toBe('request_too_large')
  })

  it('takes a text of any length', () => {
    const content = 'x'.repeat(5_000_000)
    expect(parseBody(chatRequestSchema, { ...hello, messages: [{ role: 'user', content }] }).messages).toHaveLength(1)
  })
})
