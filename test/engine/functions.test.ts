import { BUILTIN_TOOL_NAMES } from '@anthropic-ai/claude-agent-sdk'
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest'
import type { Message, ToolUse } from '../../src/turn/turn.ts'
import type { TurnEvent } from '../../src/turn/turn-event.ts'
import { assistant, startTestEngine, type TestEngine, textOf, textsOf, user } from '../support/engine.ts'
import { says } from '../support/scripted-model-answers.ts'
import { sentBy } from '../support/sent.ts'

let test: TestEngine
beforeAll(async () => {
  test = await startTestEngine({ REUSE_WORKERS: 'true', MAX_WORKERS: '4' }, { proofs: new Map() })
  await test.proven()
})
afterAll(() => test[Symbol.asyncDispose]())

const LONG = 'long '.repeat(2000)
const WEATHER: ToolUse = {
  tools: [
    {
      name: 'get_weather',
      description: `The weather. ${LONG}`,
      inputSchema: {
        type: 'object',
        required: ['city'],
        properties: { city: { type: 'string' }, days: { type: 'array', items: { type: 'integer' } } },
        additionalProperties: false,
      },
      strict: true,
    },
    { name: 'Bash', inputSchema: { type: 'object', properties: {} } },
  ],
  choice: 'auto',
  parallel: true,
}

const CALLS = [
  { id: 'toolu_1', name: 'get_weather', input: { city: 'Paris', days: [1, 2] } },
  { id: 'toolu_2', name: 'Bash', input: {} },
]

/** The calls of an answer, with their arguments joined. */
function callsOf(events: readonly TurnEvent[]): { id: string; name: string; json: string }[] {
  const calls: { id: string; name: string; json: string }[] = []
  for (const event of events) {
    const last = calls.at(-1)
    if (event.type === 'tool_call') calls.push({ id: event.id, name: event.name, json: '' })
    if (event.type === 'tool_arguments' && last !== undefined) last.json += event.json
  }
  return calls
}

/** As a caller sends an answer back: ids of its own, keys in another order. */
function called(text?: string): Message {
  return {
    role: 'assistant',
    content: [
      ...(text === undefined ? [] : [{ type: 'text' as const, text }]),
      { type: 'tool_call', id: 'call_a', name: 'get_weather', input: { days: [1, 2], city: 'Paris' } },
      { type: 'tool_call', id: 'call_b', name: 'Bash', input: {} },
    ],
  }
}

function results(...more: string[]): Message {
  return {
    role: 'user',
    content: [
      { type: 'tool_result', callId: 'call_a', content: [{ type: 'text', text: 'rain' }] },
      { type: 'tool_result', callId: 'call_b', content: [] },
      ...more.map((text) => ({ type: 'text' as const, text })),
    ],
  }
}

async function leases(kind: string): Promise<number> {
  const found = new RegExp(`^dragoman_leases_total\\{kind="${kind}"\\} (\\d+)`, 'm').exec(await test.metrics.render())
  return Number(found?.[1] ?? 0)
}

const settled = (): Promise<boolean> =>
  vi.waitUntil(() => test.engine.status().workers.busy === 0, { timeout: 10_000, interval: 5 })
const lastBody = (): Readonly<Record<string, unknown>> => test.model.requests.at(-1)?.body ?? {}

describe('functions of the caller', () => {
  it('reach the model as they are, in their order and at their length', async () => {
    await test.ask({ toolUse: WEATHER })
    expect(lastBody()['tools']).toEqual([
      {
        name: 'get_weather',
        description: `The weather. ${LONG}`,
        input_schema: WEATHER.tools[0]?.inputSchema,
        strict: true,
      },
      { name: 'Bash', input_schema: { type: 'object', properties: {} } },
    ])
    expect(lastBody()['tool_choice']).toEqual({ type: 'auto' })
  })

  it('bring nothing else into the conversation, whatever they are called', async () => {
    const messages = async (...names: string[]): Promise<unknown> => {
      const tools = names.map((name) => ({ name, inputSchema: { type: 'object' } }))
      await test.ask({ toolUse: { ...WEATHER, tools } })
      return lastBody()['messages']
    }
    expect(await messages(...BUILTIN_TOOL_NAMES)).toEqual(await messages('other'))
  })

  it('are called: text, then each call with its arguments in pieces', async () => {
    test.model.script(says('Let me see.', { calls: CALLS }))
    const before = test.model.requests.length
    const events = await test.ask({ toolUse: WEATHER })
    expect(textOf(events)).toBe('Let me see.')
    expect(callsOf(events).map(({ name, json }) => [name, JSON.parse(json)])).toEqual(
      CALLS.map(({ name, input }) => [name, input]),
    )
    expect(events.at(-1)).toMatchObject({ type: 'finish', reason: 'tool_calls' })
    expect(test.model.requests).toHaveLength(before + 1)
  })

  it.each<[string, Message, string | undefined]>([
    ['results alone', results(), 'Let me see.'],
    ['results and more text', results('And tomorrow?'), undefined],
  ])('give %s to the process that waits for them', async (name, answer, text) => {
    const question = user(`weather? ${name}`)
    test.model.script(says(text ?? [], { calls: CALLS }))
    await test.ask({ toolUse: WEATHER, conversation: [question] })
    await settled()
    const before = await leases('continued')
    test.model.script(says('It rains.'))
    const events = await test.ask({ toolUse: WEATHER, conversation: [question, called(text), answer] })
    expect(textOf(events)).toBe('It rains.')
    expect(await leases('continued')).toBe(before + 1)
    const messages = lastBody()['messages'] as { role: string; content: { type: string }[] }[]
    expect(JSON.stringify(messages.at(-1)?.role === 'system' ? messages.at(-2) : messages.at(-1))).toContain('rain')
    expect(JSON.stringify(messages)).toMatch(/"tool_use_id":"toolu_1".*"tool_use_id":"toolu_2"/)
  })

  it.each([
    ['2 rounds', 'a ready', 2, undefined],
    ['20 rounds', 'a ready', 20, undefined],
    ['20 rounds', 'a new', 20, 'You are new.'],
    ['20 rounds after an answer', 'a new', 20, 'You are newer.'],
  ])('are part of a history of %s that %s process is told', async (name, _, rounds, system) => {
    const history: Message[] = [user(`start ${name}`)]
    if (name.endsWith('answer')) history.push(...answers(10))
    for (let round = 0; round < rounds; round += 1) history.push(...numbered(round))
    await test.ask({ toolUse: WEATHER, conversation: history, ...(system === undefined ? {} : { system }) })
    const { messages } = sentBy(test.model.requests.at(-1))
    expect(messages.flatMap(({ texts }) => texts).filter((text) => text !== '')).toEqual(history.flatMap(textsOf))
    const sent = JSON.stringify(lastBody()['messages'])
    for (let round = 0; round < rounds; round += 1) {
      expect(sent).toContain(`"type":"tool_use","id":"call_${round}"`)
      expect(sent).toContain(`"tool_use_id":"call_${round}"`)
    }
  })

  it('are gone from a later turn without any', async () => {
    await test.ask({ toolUse: WEATHER })
    await test.ask({ conversation: [user('plain')] })
    expect(JSON.stringify(lastBody())).not.toContain('get_weather')
  })

  it('can be others in the next turn', async () => {
    await test.ask({ toolUse: WEATHER })
    await settled()
    const pids = test.workers()
    await test.ask({ toolUse: { ...WEATHER, tools: [{ name: 'other', inputSchema: { type: 'object' } }] } })
    expect(lastBody()['tools']).toEqual([{ name: 'other', input_schema: { type: 'object' } }])
    expect(test.workers()).toEqual(pids)
    test.model.script(says([], { calls: [{ id: 'toolu_9', name: 'other', input: {} }] }))
    const events = await test.ask({
      toolUse: { ...WEATHER, tools: [{ name: 'other', inputSchema: { type: 'object' } }] },
    })
    expect(callsOf(events)).toEqual([{ id: 'toolu_9', name: 'other', json: '{}' }])
  })

  it('that the model made up are called all the same, once', async () => {
    test.model.script(says([], { calls: [{ id: 'toolu_x', name: 'invented', input: { a: 1 } }] }))
    const before = test.model.requests.length
    const events = await test.ask({ toolUse: WEATHER })
    expect(callsOf(events)).toEqual([{ id: 'toolu_x', name: 'invented', json: '{"a":1}' }])
    expect(events.at(-1)).toMatchObject({ type: 'finish', reason: 'tool_calls' })
    await settled()
    expect(test.model.requests).toHaveLength(before + 1)
    await test.ask({ toolUse: WEATHER, conversation: [user('clean')] })
    expect(JSON.stringify(lastBody())).not.toContain('invented')
  })
})

function answers(count: number): Message[] {
  return Array.from({ length: count }, (_, index) => [assistant(`answer ${index}`), user(`and ${index}?`)]).flat()
}

function numbered(round: number): Message[] {
  const input = { city: String(round) }
  return [
    { role: 'assistant', content: [{ type: 'tool_call', id: `call_${round}`, name: 'get_weather', input }] },
    {
      role: 'user',
      content: [{ type: 'tool_result', callId: `call_${round}`, content: [{ type: 'text', text: `sun ${round}` }] }],
    },
  ]
}
