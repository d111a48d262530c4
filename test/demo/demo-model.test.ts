import { Ajv } from 'ajv'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type DemoModel, startDemoModel } from '../../src/demo/demo-model.ts'
import { signThinking } from '../../src/demo/sign-thinking.ts'
import { ask, post, requestBody, say } from './messages-client.ts'

let demo: DemoModel
beforeAll(async () => {
  demo = await startDemoModel({ delayMs: 0, slowDelayMs: 60_000 })
})
afterAll(() => demo.close())

const WEATHER = {
  name: 'get_weather',
  input_schema: {
    type: 'object',
    properties: { city: { type: 'string' }, unit: { enum: ['celsius', 'fahrenheit'] }, days: { type: 'integer' } },
    required: ['city', 'unit'],
  },
}
const TIME = { name: 'get_time', input_schema: { type: 'object' } }
const tools = [WEATHER, TIME]

describe('what the demo says', () => {
  it('says that it is the demo model', async () => {
    expect((await say(demo.url, 'hi')).text).toContain("Dragoman's demo model")
  })

  it('repeats and counts what the user said', async () => {
    expect((await say(demo.url, 'Grüße, wide world')).text).toContain(
      'You said: "Grüße, wide world" (3 words, 17 characters).',
    )
  })

  it('counts the turns of the conversation', async () => {
    const messages = [
      { role: 'user', content: 'one' },
      { role: 'assistant', content: 'Yes.' },
      { role: 'user', content: 'two' },
    ]
    expect((await ask(demo.url, { messages })).text).toContain('turn 2 of the conversation')
  })

  it('repeats and counts the system prompt', async () => {
    expect((await say(demo.url, 'hi', { system: 'Be brief.' })).text).toContain(
      'Your system prompt: "Be brief." (2 words, 9 characters).',
    )
  })

  it("does not take Claude Code's own first line for the caller's system prompt", async () => {
    const own = { type: 'text', text: "You are a Claude agent, built on Anthropic's Claude Agent SDK." }
    expect((await say(demo.url, 'hi', { system: [own] })).text).not.toContain('system prompt')
    expect((await say(demo.url, 'hi', { system: [own, { type: 'text', text: 'Be brief.' }] })).text).toContain(
      'Your system prompt: "Be brief."',
    )
  })

  it('does not speak of a system prompt when there is none', async () => {
    expect((await say(demo.url, 'hi')).text).not.toContain('system prompt')
  })

  it("does not take Claude Code's reminders for words of the user", async () => {
    const content = [
      { type: 'text', text: '<system-reminder>\nToday\n</system-reminder>' },
      { type: 'text', text: 'hi' },
    ]
    expect((await ask(demo.url, { messages: [{ role: 'user', content }] })).text).toContain('You said: "hi"')
  })

  it('repeats only the beginning of a long text', async () => {
    const { text } = await say(demo.url, 'word '.repeat(10_000))
    expect(text.length).toBeLessThan(1000)
  })
})

describe('the tools of the demo', () => {
  it('calls the tool that the user names, with arguments out of the text', async () => {
    const { message } = await say(demo.url, 'Please use get_weather for New York, unit: fahrenheit', { tools })
    expect(message.stop_reason).toBe('tool_use')
    expect(message.content.at(-1)).toMatchObject({
      type: 'tool_use',
      name: 'get_weather',
      input: { city: 'New York', unit: 'fahrenheit' },
    })
  })

  it('fills an optional argument that the text gives', async () => {
    const { message } = await say(demo.url, 'get_weather city=Rome days=3', { tools })
    expect(message.content.at(-1)).toMatchObject({ input: { city: 'Rome', unit: 'celsius', days: 3 } })
  })

  it('calls every tool that is named', async () => {
    const { message } = await say(demo.url, 'get_weather and get_time', { tools })
    expect(message.content.flatMap((block) => (block.type === 'tool_use' ? [block.name] : []))).toEqual([
      'get_weather',
      'get_time',
    ])
  })

  it('calls one tool only where parallel calls are off', async () => {
    const { message } = await say(demo.url, 'get_weather and get_time', {
      tools,
      tool_choice: { type: 'auto', disable_parallel_tool_use: true },
    })
    expect(message.content.filter(({ type }) => type === 'tool_use')).toHaveLength(1)
  })

  it('calls a tool that is forced', async () => {
    const { message } = await say(demo.url, 'hi', { tools, tool_choice: { type: 'tool', name: 'get_time' } })
    expect(message.content).toMatchObject([{ type: 'tool_use', name: 'get_time', input: {} }])
  })

  it.each([
    ['hi', { tool_choice: { type: 'any' } }],
    ['hi. Answer by calling at least one of the functions that you have.', {}],
  ])('calls some tool when one must be called: %s', async (text, choice) => {
    expect((await say(demo.url, text, { tools, ...choice })).message.stop_reason).toBe('tool_use')
  })

  it('calls none when none may be called', async () => {
    expect((await say(demo.url, 'get_time', { tools, tool_choice: { type: 'none' } })).message.stop_reason).toBe(
      'end_turn',
    )
  })

  it('calls none that is not named', async () => {
    expect((await say(demo.url, 'get_times', { tools })).message.stop_reason).toBe('end_turn')
  })

  it('tells what a tool answered', async () => {
    const call = { type: 'tool_use', id: 'toolu_1', name: 'get_time', input: {} }
    const messages = [
      { role: 'user', content: 'get_time' },
      { role: 'assistant', content: [call] },
      {
        role: 'user',
        content: [
          {
            type: 'tool_result',
            tool_use_id: 'toolu_1',
            content: 'noon\n\n<system-reminder>\n9 tokens left\n</system-reminder>',
          },
        ],
      },
    ]
    const { message, text } = await ask(demo.url, { messages, tools })
    expect(text).toContain('The tool get_time answered: "noon".')
    expect(message.stop_reason).toBe('end_turn')
  })
})

describe('the JSON of the demo', () => {
  const schema = {
    type: 'object',
    additionalProperties: false,
    required: ['name', 'kind', 'tags', 'when', 'code', 'either', 'nested', 'ok', 'nothing', 'count'],
    properties: {
      name: { type: 'string' },
      kind: { enum: ['a', 'b'] },
      tags: { type: 'array', minItems: 1, items: { $ref: '#/$defs/tag' } },
      when: { type: 'string', format: 'date-time' },
      code: { type: 'string', pattern: '^[A-Z]{2}-\\d+$' },
      either: { anyOf: [{ type: 'integer' }, { type: 'null' }] },
      nested: { type: 'object', additionalProperties: false, properties: { x: { const: 7 } }, required: ['x'] },
      ok: { type: 'boolean' },
      nothing: { type: 'null' },
      count: { type: ['integer', 'null'] },
      optional: { type: 'string' },
    },
    $defs: { tag: { type: 'string' } },
  }

  it('fills a schema with a value that fits', async () => {
    const { text } = await say(demo.url, 'hi', { output_config: { format: { type: 'json_schema', schema } } })
    const validate = new Ajv({ formats: { 'date-time': true } }).compile(schema)
    validate(JSON.parse(text))
    expect(validate.errors).toBeNull()
  })
})

describe('the JSON that the demo is asked for in words', () => {
  const asked = (words: string, text = 'hi') =>
    say(demo.url, text, { system: `<response-format>\nAnswer with ${words}\n</response-format>` })
  const schema = { type: 'object', properties: { age: { type: 'integer', minimum: 3 } }, required: ['age'] }
  const withSchema = `JSON that fits.\n<json-schema>\n${JSON.stringify(schema)}\n</json-schema>`

  it('stands in a fence, and fits its schema', async () => {
    expect((await asked(withSchema)).text).toBe('```json\n{\n  "age": 3\n}\n```')
  })

  it('is what the demo would say where there is no schema', async () => {
    expect((await asked('one JSON object.')).text).toMatch(
      /^Here it is:\n\n```json\n\{"message":"This is Dragoman's demo/,
    )
  })

  it('`demo invalid json` makes another of it', async () => {
    expect((await asked(withSchema, 'demo invalid json')).text).toBe('["invalid"]')
    const list = withSchema.replace('"object"', '"array"')
    expect((await asked(list, 'demo invalid json')).text).toBe('{"invalid":true}')
  })
})

describe('the thinking of the demo', () => {
  const adaptive = { model: 'claude-opus-5-5', thinking: { type: 'adaptive', display: 'updates' } }

  it('thinks at high effort, signed and counted', async () => {
    const { message } = await say(demo.url, 'hi', { ...adaptive, output_config: { effort: 'high' } })
    const [thought] = message.content
    if (thought?.type !== 'thinking') throw new Error('no thinking block')
    expect(thought.thinking).not.toBe('')
    expect(thought.signature).toBe(signThinking(thought.thinking))
    expect(message.usage.output_tokens_details.thinking_tokens).toBe(Math.ceil(thought.thinking.length / 4))
  })

  it('does not think at low effort', async () => {
    const { message } = await say(demo.url, 'hi', { ...adaptive, output_config: { effort: 'low' } })
    expect(message.content.map(({ type }) => type)).toEqual(['text'])
    expect(message.usage.output_tokens_details.thinking_tokens).toBe(0)
  })

  it('thinks when the user asks for it', async () => {
    const { message } = await say(demo.url, 'Think hard', { ...adaptive, output_config: { effort: 'low' } })
    expect(message.content[0]?.type).toBe('thinking')
  })

  it('does not think when thinking is off', async () => {
    const { message } = await say(demo.url, 'Think hard', { model: 'claude-sonnet-5', thinking: { type: 'disabled' } })
    expect(message.content[0]?.type).toBe('text')
  })

  it('takes its own thinking back', async () => {
    const { message } = await say(demo.url, 'hi', { ...adaptive, output_config: { effort: 'high' } })
    const messages = [
      { role: 'user', content: 'hi' },
      { role: 'assistant', content: message.content },
      { role: 'user', content: 'go on' },
    ]
    await expect(ask(demo.url, { ...adaptive, messages })).resolves.toMatchObject({ status: 200 })
  })
})

describe('what the demo can be asked for', () => {
  it.each([
    [400, 'invalid_request_error'],
    [401, 'authentication_error'],
    [403, 'permission_error'],
    [413, 'request_too_large'],
    [429, 'rate_limit_error'],
    [500, 'api_error'],
    [529, 'overloaded_error'],
  ])('`demo error %i` fails so, with the type %s', async (status, type) => {
    const response = await post(
      demo.url,
      requestBody({ messages: [{ role: 'user', content: `demo error ${status}` }] }),
    )
    expect(response.status).toBe(status)
    expect(await response.json()).toMatchObject({ type: 'error', error: { type } })
  })

  it('`demo stop max_tokens` stops with that reason', async () => {
    expect((await say(demo.url, 'demo stop max_tokens')).message.stop_reason).toBe('max_tokens')
  })

  it('`demo refuse` refuses', async () => {
    expect((await say(demo.url, 'demo refuse')).message.stop_reason).toBe('refusal')
  })

  it('`demo long 250` answers with 250 words', async () => {
    expect((await say(demo.url, 'demo long 250')).text.split(' ')).toHaveLength(250)
  })

  it('`demo slow` takes its time over every word', async () => {
    const response = await post(
      demo.url,
      requestBody({ stream: true, messages: [{ role: 'user', content: 'demo slow' }] }),
    )
    const reader = response.body?.getReader()
    const first = await reader?.read()
    expect(new TextDecoder().decode(first?.value)).not.toContain('content_block_delta')
    await reader?.cancel()
  })
})
