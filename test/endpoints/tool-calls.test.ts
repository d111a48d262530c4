import { expect, test } from 'vitest'
import type { FinishEvent, TurnEvent } from '../../src/turn/turn-event.ts'
import { chatChunkSchema } from '../../src/wire/chat-chunk.ts'
import { chatCompletionSchema } from '../../src/wire/chat-response.ts'
import { chat, createTestApp, errorOf, eventsOf } from '../support/app.ts'
import { FINISH, type Script, START } from '../support/fake-engine.ts'

const CHAT = '/v1/chat/completions'
const CALLED: FinishEvent = { ...FINISH, reason: 'tool_calls' }

/** Calls the functions with arguments in two pieces; a turn that brings results is answered with words. */
const script: Script = async function* (turn) {
  yield START
  const results = turn.conversation.at(-1)?.content.filter(({ type }) => type === 'tool_result') ?? []
  if (results.length > 0) {
    yield { type: 'text', text: `${results.length} results` }
    yield FINISH
    return
  }
  for (const [index, { name }] of (turn.toolUse?.tools ?? []).entries()) {
    yield { type: 'tool_call', id: `toolu_${index}`, name }
    yield { type: 'tool_arguments', json: '{"input":"Par' } satisfies TurnEvent
    yield { type: 'tool_arguments', json: 'is"}' }
  }
  yield CALLED
}

const user = { role: 'user', content: 'Weather?' }
const tools = [
  {
    type: 'function',
    function: { name: 'weather', parameters: { type: 'object', properties: { input: { type: 'string' } } } },
  },
  { type: 'custom', custom: { name: 'run' } },
]

test('a round of calls and results goes through, and the model sees its own calls answered', async () => {
  const { request, engine } = createTestApp({ script })
  const asked = chatCompletionSchema.parse(await (await request(CHAT, chat({ messages: [user], tools }))).json())
  const [choice] = asked.choices
  expect(choice).toMatchObject({
    finish_reason: 'tool_calls',
    message: {
      content: null,
      tool_calls: [
        { id: 'call_0', type: 'function', function: { name: 'weather', arguments: '{"input":"Paris"}' } },
        { id: 'call_1', type: 'custom', custom: { name: 'run', input: 'Paris' } },
      ],
    },
  })
  const results = [
    { role: 'tool', tool_call_id: 'call_1', content: 'exit 0' },
    { role: 'tool', tool_call_id: 'call_0', content: [{ type: 'text', text: 'sunny' }] },
  ]
  const answered = await request(CHAT, chat({ messages: [user, choice?.message, ...results], tools }))
  const { choices } = chatCompletionSchema.parse(await answered.json())
  expect(choices[0]).toMatchObject({ finish_reason: 'stop', message: { content: '2 results' } })
  expect(engine.turns[1]?.conversation.slice(1)).toEqual([
    {
      role: 'assistant',
      content: [
        { type: 'tool_call', id: 'toolu_0', name: 'weather', input: { input: 'Paris' } },
        { type: 'tool_call', id: 'toolu_1', name: 'run', input: { input: 'Paris' } },
      ],
    },
    {
      role: 'user',
      content: [
        { type: 'tool_result', callId: 'toolu_0', content: [{ type: 'text', text: 'sunny' }] },
        { type: 'tool_result', callId: 'toolu_1', content: [{ type: 'text', text: 'exit 0' }] },
      ],
    },
  ])
})

test('a stream gives the calls piece by piece, and ends with tool_calls and [DONE]', async () => {
  const { request } = createTestApp({ script })
  const response = await request(CHAT, chat({ messages: [user], tools, stream: true }))
  const events = eventsOf(await response.text())
  expect(events.pop()).toBe('[DONE]')
  const choices = events.flatMap((event) => chatChunkSchema.parse(JSON.parse(event)).choices)
  expect(choices.at(-1)).toMatchObject({ delta: {}, finish_reason: 'tool_calls' })
  expect(choices.flatMap(({ delta }) => delta.tool_calls ?? [])).toEqual([
    { index: 0, id: 'call_0', type: 'function', function: { name: 'weather', arguments: '' } },
    { index: 0, function: { arguments: '{"input":"Par' } },
    { index: 0, function: { arguments: 'is"}' } },
    { index: 1, id: 'call_1', type: 'custom', custom: { name: 'run', input: '' } },
    { index: 1, custom: { input: 'Par' } },
    { index: 1, custom: { input: 'is' } },
  ])
})

test.each([true, false])('the legacy form is answered in the legacy form, streaming %j', async (stream) => {
  const { request, engine } = createTestApp({ script })
  const body = { messages: [user], functions: [{ name: 'weather' }], function_call: 'auto', stream }
  const text = await (await request(CHAT, chat(body))).text()
  expect(engine.turns[0]?.toolUse).toMatchObject({ tools: [{ name: 'weather' }], choice: 'auto', parallel: false })
  if (stream) {
    const choices = eventsOf(text)
      .slice(0, -1)
      .flatMap((event) => chatChunkSchema.parse(JSON.parse(event)).choices)
    expect(choices.flatMap(({ delta }) => delta.function_call ?? [])).toEqual([
      { name: 'weather', arguments: '' },
      { arguments: '{"input":"Par' },
      { arguments: 'is"}' },
    ])
    expect(choices.at(-1)?.finish_reason).toBe('function_call')
    return
  }
  const [choice] = chatCompletionSchema.parse(JSON.parse(text)).choices
  expect(choice?.message.function_call).toEqual({ name: 'weather', arguments: '{"input":"Paris"}' })
  const messages = [user, choice?.message, { role: 'function', name: 'weather', content: 'sunny' }]
  const answer = chatCompletionSchema.parse(await (await request(CHAT, chat({ ...body, messages }))).json())
  expect(answer.choices[0]?.message.content).toBe('1 results')
})

test('a conversation with calls goes on without tools: the model gets the names that were called and may not call', async () => {
  const { request, engine } = createTestApp({ script })
  const call = { id: 'x', type: 'function', function: { name: 'weather', arguments: '{}' } }
  const messages = [user, { role: 'assistant', tool_calls: [call] }, { role: 'tool', tool_call_id: 'x', content: '' }]
  expect((await request(CHAT, chat({ messages }))).status).toBe(200)
  expect(engine.turns[0]?.toolUse).toEqual({
    tools: [{ name: 'weather', inputSchema: { type: 'object', properties: {} } }],
    choice: 'none',
    parallel: true,
  })
})

test('what is ignored of many tools is named as far as a header goes', async () => {
  const format = { type: 'grammar', grammar: { syntax: 'regex', definition: 'a+' } }
  const many = Array.from({ length: 128 }, (_, index) => ({ type: 'custom', custom: { name: `t${index}`, format } }))
  const { headers } = await createTestApp({ script }).request(CHAT, chat({ tools: many }))
  const named = headers.get('x-dragoman-ignored') ?? ''
  expect(named.length).toBeLessThan(1020)
  expect(named).toMatch(/^tools\[0\]\.custom\.format\.grammar, .*, tools\[29\]\.custom\.format\.grammar, and 98 more$/)
})

test('a grammar is named as ignored, and refused where the operator is strict', async () => {
  const format = { type: 'grammar', grammar: { syntax: 'regex', definition: 'a+' } }
  const body = chat({ tools: [{ type: 'custom', custom: { name: 'run', format } }] })
  const { headers } = await createTestApp({ script }).request(CHAT, body)
  expect(headers.get('x-dragoman-ignored')).toBe('tools[0].custom.format.grammar')
  const strict = await createTestApp({ script, settings: { STRICT_PARAMS: '1' } }).request(CHAT, body)
  expect(strict.status).toBe(400)
  expect((await errorOf(strict)).param).toBe('tools[0].custom.format.grammar')
})

test.each<[string, string, Record<string, unknown>]>([
  [
    'messages[1].tool_call_id',
    'invalid_value',
    { messages: [user, { role: 'tool', tool_call_id: 'x', content: '' }], tools },
  ],
  ['tools[0].function.name', 'invalid_value', { tools: [{ type: 'function', function: { name: 'no name' } }] }],
  [
    'tools[0].function.parameters',
    'invalid_function_parameters',
    { tools: [{ type: 'function', function: { name: 'f', parameters: { type: 'string' } } }] },
  ],
])('a mistake is a 400 that names %s: %s', async (param, code, body) => {
  const { request, engine } = createTestApp({ script })
  for (const stream of [true, false]) {
    const response = await request(CHAT, chat({ ...body, stream }))
    expect(response.status).toBe(400)
    expect(await errorOf(response)).toMatchObject({ type: 'invalid_request_error', code, param })
  }
  expect(engine.turns).toEqual([])
})
