import { describe, expect, it } from 'vitest'
import { holdAnswerTo } from '../../src/translate/answers/held-answer.ts'
import { checkResponseFormat } from '../../src/translate/response-format.ts'
import type { FinishReason, TurnEvent } from '../../src/turn/turn-event.ts'
import { FINISH, START } from '../support/fake-engine.ts'
import type { Asking } from '../../src/translate/chat-to-turn.ts'
import { askingOf, chatRequest, turnOf } from './fixtures.ts'

const SCHEMA = { type: 'object', properties: { good: { type: 'boolean' } }, required: ['good'] }
const NATIVE = { ...SCHEMA, additionalProperties: false }
const schemaFormat = (schema: object | undefined, rest: object = {}) => ({
  response_format: { type: 'json_schema', json_schema: { name: 'thing', schema, ...rest } },
})
const OBJECT = { response_format: { type: 'json_object' } }
/** A model without native output. */
const OLD = { model: 'claude-sonnet-4' }
const tools = [{ type: 'function', function: { name: 'f' } }]

const ignoredBy = ({ ignored }: Asking) => ignored.map(({ name }) => name)

async function read(parameters: Readonly<Record<string, unknown>>, text: string, reason: FinishReason = 'done') {
  const source = async function* (): AsyncGenerator<TurnEvent> {
    yield START
    yield { type: 'text', text }
    yield { ...FINISH, reason }
  }
  let said = ''
  for await (const event of askingOf(parameters).reading(source())) if (event.type === 'text') said += event.text
  return said
}

describe('the form of an answer', () => {
  it('is free without a format, and with `text`', () => {
    for (const response_format of [null, { type: 'text' }]) {
      const turn = turnOf({ response_format })
      expect(turn).not.toHaveProperty('system')
      expect(turn).not.toHaveProperty('outputSchema')
    }
  })

  it('is held by the model API where model and schema allow it', () => {
    const turn = turnOf(schemaFormat(SCHEMA))
    expect(turn.outputSchema).toEqual(NATIVE)
    expect(turn).not.toHaveProperty('system')
    expect(turnOf(schemaFormat(SCHEMA, { description: 'A thing' })).outputSchema).toEqual({
      ...NATIVE,
      description: 'A thing',
    })
  })

  it('is told in words at the end of the system prompt to a model that cannot be held', () => {
    const messages = [
      { role: 'system', content: 'Be kind.' },
      { role: 'user', content: 'hi' },
    ]
    const turn = turnOf({ ...OLD, messages, ...schemaFormat(SCHEMA, { description: 'A thing' }) })
    expect(turn).not.toHaveProperty('outputSchema')
    expect(turn.system).toBe(
      'Be kind.\n\n<response-format>\n' +
        'Answer with JSON that fits the schema thing (A thing), and with nothing else: no words before or after it, no Markdown.\n' +
        `<json-schema>\n${JSON.stringify(SCHEMA)}\n</json-schema>\n</response-format>`,
    )
  })

  it('is told in words where the schema has no native form, or the model API refused it', () => {
    const recursive = { type: 'object', properties: { next: { $ref: '#' } } }
    expect(turnOf(schemaFormat(recursive)).system).toContain(JSON.stringify(recursive))
    const { turn } = askingOf(schemaFormat(SCHEMA), { refused: ['output_schema'] })
    expect(turn.system).toContain('<json-schema>')
    expect(turn).not.toHaveProperty('outputSchema')
  })

  it('is told in words for any object and any JSON', () => {
    expect(turnOf(OBJECT).system).toContain('Answer with one JSON object, and')
    expect(turnOf(schemaFormat(undefined)).system).toContain('Answer with JSON, and')
  })

  it('leaves room for calls, and is none where a call has to come', () => {
    expect(turnOf({ ...OBJECT, tools }).system).toContain('Unless you call a function, answer')
    expect(turnOf({ ...OBJECT, tools, tool_choice: 'none' }).system).toContain('Answer with')
    for (const model of ['opus', 'claude-haiku-4-5']) {
      const turn = turnOf({ model, ...schemaFormat(SCHEMA), tools, tool_choice: 'required' })
      expect(turn).not.toHaveProperty('outputSchema')
      expect(turn).not.toHaveProperty('system')
    }
  })

  it('is that of the arguments where a model that cannot be forced has to call a named function', () => {
    const named = { type: 'function', function: { name: 'f' } }
    const parameters = { type: 'object', properties: { a: { type: 'integer', minimum: 1 } } }
    const turn = turnOf({
      model: 'opus',
      ...OBJECT,
      tools: [{ type: 'function', function: { name: 'f', parameters } }],
      tool_choice: named,
    })
    expect(turn.outputSchema).toEqual({
      type: 'object',
      properties: { a: { type: 'integer', description: 'minimum 1' } },
      additionalProperties: false,
    })
    expect(turn).not.toHaveProperty('system')
  })
})

describe('an answer', () => {
  it('that fits is as the model gave it natively, and the JSON of it in words', async () => {
    expect(await read(schemaFormat(SCHEMA), ' {"good":true} ')).toBe(' {"good":true} ')
    expect(await read({ ...OLD, ...schemaFormat(SCHEMA) }, 'So:\n```json\n{"good":true}\n```')).toBe('{"good":true}')
    expect(await read(OBJECT, '```\n{"a":1}\n```')).toBe('{"a":1}')
    expect(await read(schemaFormat(undefined), 'It is [1].')).toBe('[1]')
    expect(await read({ ...OLD, ...schemaFormat({ enum: ['"good"', 1] }) }, ' "good"\n')).toBe('"good"')
  })

  it.each<[what: string, parameters: Readonly<Record<string, unknown>>, text: string]>([
    ['natively', schemaFormat(SCHEMA), '{"bad":true}'],
    ['in words', { ...OLD, ...schemaFormat(SCHEMA) }, '{"bad":true}'],
    ['no JSON', OBJECT, 'I cannot.'],
    ['broken off', OBJECT, '{"a":'],
    ['no object', { ...OBJECT }, '[1]'],
    ['no JSON at all', schemaFormat(undefined), 'none'],
  ])('that does not fit is rejected: %s', async (_, parameters, text) => {
    await expect(read(parameters, text)).rejects.toMatchObject({ kind: 'answer_rejected' })
  })

  it.each<[FinishReason]>([['length'], ['refusal'], ['tool_calls'], ['stop_sequence']])(
    'that ends by %s is not held to it',
    async (reason) => {
      expect(await read(schemaFormat(SCHEMA), '{"bad"', reason)).toBe('{"bad"')
      expect(await read(OBJECT, '{"bad"', reason)).toBe('{"bad"')
    },
  )
})

it('the process is free before the answer is checked', async () => {
  const order: string[] = []
  const source = async function* (): AsyncGenerator<TurnEvent> {
    try {
      yield FINISH
    } finally {
      order.push('free')
    }
  }
  const held = holdAnswerTo(() => {
    order.push('checked')
    return Promise.resolve(undefined)
  })
  for await (const event of held(source())) order.push(event.type)
  expect(order).toEqual(['free', 'checked', 'finish'])
})

describe('a schema that cannot be used is refused by its name and place', () => {
  const check = (place: readonly string[]) =>
    checkResponseFormat(chatRequest(schemaFormat(SCHEMA)), {
      check: () => Promise.resolve({ message: 'must be number', place }),
    })
  it.each<[place: string[], where: string]>([
    [['properties', 'a', 'minimum'], "In context=('properties', 'a', 'minimum'), must be number."],
    [['minimum'], "In context=('minimum',), must be number."],
    [[], 'must be number.'],
  ])('%j', async (place, where) => {
    await expect(check(place)).rejects.toMatchObject({
      code: 'invalid_json_schema',
      param: 'response_format',
      message: `Invalid schema for response_format 'thing': ${where}`,
    })
  })
})

describe('strict functions', () => {
  const fn = (name: string, parameters: object, strict = true) => ({
    type: 'function',
    function: { name, parameters, strict },
  })
  const closed = { additionalProperties: false, properties: { a: { enum: ['x'], type: 'string' } }, type: 'object' }
  const toolsOf = (parameters: Readonly<Record<string, unknown>>) => turnOf(parameters).toolUse?.tools

  it('stay as they are where they fit, and are made to fit otherwise', () => {
    const open = { type: 'object', properties: { a: { type: 'integer', minimum: 3 } }, required: ['a'] }
    const used = toolsOf({ tools: [fn('f', closed), fn('g', open), fn('h', open, false)] })
    expect(JSON.stringify(used?.[0])).toBe(JSON.stringify({ name: 'f', inputSchema: closed, strict: true }))
    expect(used?.slice(1)).toEqual([
      {
        name: 'g',
        strict: true,
        inputSchema: {
          type: 'object',
          properties: { a: { type: 'integer', description: 'minimum 3' } },
          required: ['a'],
          additionalProperties: false,
        },
      },
      { name: 'h', inputSchema: open },
    ])
  })

  it('are offered without, and named, where schema, number or model do not allow it', () => {
    const map = { type: 'object', additionalProperties: { type: 'string' } }
    const asking = askingOf({ tools: [fn('f', closed), fn('g', map)] })
    expect(asking.turn.toolUse?.tools.map(({ strict }) => strict)).toEqual([true, undefined])
    expect(asking.turn.toolUse?.tools[1]?.inputSchema).toEqual(map)
    expect(ignoredBy(asking)).toEqual(['tools[1].function.strict'])
    expect(ignoredBy(askingOf({ ...OLD, tools: [fn('f', closed)] }))).toEqual(['tools[0].function.strict'])
    const many = Array.from({ length: 21 }, (_, index) => fn(`f${index}`, { ...closed, required: ['a'] }))
    expect(ignoredBy(askingOf({ tools: many }))).toEqual(['tools[20].function.strict'])
  })
})
