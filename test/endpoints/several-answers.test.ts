import { expect, test } from 'vitest'
import type { TurnEvent } from '../../src/turn/turn-event.ts'
import { TurnFailure } from '../../src/turn/turn-failure.ts'
import { chatChunkSchema } from '../../src/wire/chat-chunk.ts'
import { chatCompletionSchema } from '../../src/wire/chat-response.ts'
import { chat, createTestApp, errorOf, eventsOf } from '../support/app.ts'
import { createFakeEngine, FINISH, saysThenHangs, type Script, START } from '../support/fake-engine.ts'

const CHAT = '/v1/chat/completions'

/** Says another word each time. */
function saysInTurn(...words: string[]): Script {
  let number = 0
  return async function* () {
    const text = words[number] ?? ''
    number += 1
    yield START
    yield { type: 'text', text }
    yield FINISH
  }
}

test('n answers come side by side, each in its place, with the prompt counted once', async () => {
  const { request, engine } = createTestApp({ script: saysInTurn('one', 'two', 'three') })
  const response = await request(CHAT, chat({ n: 3 }))
  const { choices, usage } = chatCompletionSchema.parse(await response.json())
  expect(choices.map(({ index, message }) => [index, message.content])).toEqual([
    [0, 'one'],
    [1, 'two'],
    [2, 'three'],
  ])
  const { inputTokens, outputTokens, reasoningTokens, costUsd = 0 } = FINISH.usage
  expect(usage).toMatchObject({
    prompt_tokens: inputTokens,
    completion_tokens: 3 * outputTokens,
    total_tokens: inputTokens + 3 * outputTokens,
    completion_tokens_details: { reasoning_tokens: 3 * reasoningTokens },
  })
  expect(usage.cost).toBeCloseTo(3 * costUsd)
  expect(engine.turns).toHaveLength(3)
})

test('each is asked in a turn of its own of the event loop', async () => {
  let loops = 0
  let isOver = false
  const count = (): void => {
    loops += 1
    if (!isOver) setImmediate(count)
  }
  const askedAt: number[] = []
  const script: Script = async function* () {
    askedAt.push(loops)
    yield START
    yield FINISH
  }
  const { request } = createTestApp({ script })
  count()
  await request(CHAT, chat({ n: 4 }))
  isOver = true
  expect(new Set(askedAt).size).toBe(4)
})

test('streamed, each choice has its own beginning and end, and one chunk the usage of all', async () => {
  const { request } = createTestApp({ script: saysInTurn('one', 'two') })
  const response = await request(CHAT, chat({ n: 2, stream: true, stream_options: { include_usage: true } }))
  const events = eventsOf(await response.text())
  expect(events.pop()).toBe('[DONE]')
  const chunks = events.map((event) => chatChunkSchema.parse(JSON.parse(event)))
  expect(new Set(chunks.map(({ id, created, model }) => `${id} ${created} ${model}`)).size).toBe(1)
  const last = chunks.pop()
  expect(last).toMatchObject({ choices: [], usage: { completion_tokens: 2 * FINISH.usage.outputTokens } })
  for (const [index, words] of ['one', 'two'].entries()) {
    const own = chunks.flatMap(({ choices }) => choices).filter((choice) => choice.index === index)
    expect(own[0]?.delta.role).toBe('assistant')
    expect(own.map(({ delta }) => delta.content ?? '').join('')).toBe(words)
    expect(own.map(({ finish_reason }) => finish_reason)).toEqual([null, null, 'stop'])
  }
  expect(chunks.every(({ usage }) => usage === null)).toBe(true)
})

test('one failed answer fails the request and stops the others', async () => {
  let number = 0
  const script: Script = (turn, signal) => {
    number += 1
    if (number === 1) return saysThenHangs('going on')(turn, signal)
    return (async function* (): AsyncGenerator<TurnEvent> {
      yield START
      throw new TurnFailure('rate_limited', '429')
    })()
  }
  const { request, engine } = createTestApp({ script })
  const response = await request(CHAT, chat({ n: 2 }))
  expect(response.status).toBe(429)
  await engine.aborted
})

test.each([[0], [9], [1.5]])('n: %d is refused by name', async (n) => {
  const response = await createTestApp().request(CHAT, chat({ n }))
  expect(response.status).toBe(400)
  expect((await errorOf(response)).param).toBe('n')
})

test('what the model refuses is asked without, and named', async () => {
  const engine = createFakeEngine(async function* (turn) {
    if (turn.sampling !== undefined) throw new TurnFailure('feature_refused', '400', { feature: 'sampling' })
    yield START
    yield { type: 'text', text: 'ok' }
    yield FINISH
  })
  const { request } = createTestApp({ engine })
  for (const stream of [false, true]) {
    const response = await request(CHAT, chat({ model: 'haiku', temperature: 0, top_k: 3, stream }))
    expect(response.status).toBe(200)
    expect(response.headers.get('x-dragoman-ignored')).toBe('temperature, top_k')
  }
  expect(engine.turns.map(({ sampling }) => sampling)).toEqual([
    { temperature: 0, topK: 3 },
    undefined,
    { temperature: 0, topK: 3 },
    undefined,
  ])
})

test('what the model refuses twice is a 400', async () => {
  const engine = createFakeEngine(async function* () {
    yield START
    throw new TurnFailure('feature_refused', '400', { feature: 'sampling' })
  })
  const response = await createTestApp({ engine }).request(CHAT, chat({ model: 'haiku', temperature: 0 }))
  expect(response.status).toBe(400)
  expect((await errorOf(response)).code).toBe('upstream_invalid_request')
  expect(engine.turns).toHaveLength(2)
})

test('where the operator is strict, what the model does not take is refused and never asked for', async () => {
  const { request, engine } = createTestApp({ settings: { STRICT_PARAMS: 'true' } })
  for (const stream of [false, true]) {
    const response = await request(CHAT, chat({ model: 'sonnet', temperature: 0, stream }))
    expect(response.status).toBe(400)
    expect(await errorOf(response)).toMatchObject({ code: 'unsupported_parameter', param: 'temperature' })
  }
  expect(engine.turns).toEqual([])
})

const tools = [{ type: 'function', function: { name: 'f' } }]
const words: readonly TurnEvent[] = [START, { type: 'text', text: 'No.' }, FINISH]
const call: readonly TurnEvent[] = [
  START,
  { type: 'tool_call', id: 'toolu_1', name: 'f' },
  { type: 'tool_arguments', json: '{}' },
  { ...FINISH, reason: 'tool_calls' },
]

test.each([true, false])(
  'an answer without the call that has to come is asked for once more, stream: %s',
  async (stream) => {
    const answers = [words, call]
    const engine = createFakeEngine(async function* () {
      yield* answers.shift() ?? []
    })
    const { request } = createTestApp({ engine })
    const response = await request(CHAT, chat({ tools, tool_choice: 'required', stream }))
    expect(response.status).toBe(200)
    const text = await response.text()
    expect(text).toContain('"tool_calls"')
    expect(text).not.toContain('No.')
    expect(engine.turns).toHaveLength(2)
  },
)

test('two answers without the call that has to come are a 502', async () => {
  const engine = createFakeEngine(async function* () {
    yield* words
  })
  const response = await createTestApp({ engine }).request(CHAT, chat({ tools, tool_choice: 'required' }))
  expect(response.status).toBe(502)
  expect((await errorOf(response)).code).toBe('backend_error')
  expect(engine.turns).toHaveLength(2)
})

test('an answer that was not what was asked for counts too: its output and its cost', async () => {
  const { request, engine } = createTestApp({ script: saysInTurn('no JSON', '{"a":1}') })
  const response = await request(CHAT, chat({ response_format: { type: 'json_object' } }))
  const { choices, usage } = chatCompletionSchema.parse(await response.json())
  expect(choices[0]?.message.content).toBe('{"a":1}')
  expect(engine.turns).toHaveLength(2)
  const { inputTokens, outputTokens, reasoningTokens, costUsd = 0 } = FINISH.usage
  expect(usage).toMatchObject({
    prompt_tokens: inputTokens,
    completion_tokens: 2 * outputTokens,
    completion_tokens_details: { reasoning_tokens: 2 * reasoningTokens },
  })
  expect(usage.cost).toBeCloseTo(2 * costUsd)
})
