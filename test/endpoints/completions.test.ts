import { describe, expect, test } from 'vitest'
import type { Turn } from '../../src/turn/turn.ts'
import { completionChunkSchema, completionSchema } from '../../src/wire/completion-response.ts'
import { createTestApp, errorOf, eventsOf } from '../support/app.ts'
import { createFakeEngine, FINISH, says, type Script, START } from '../support/fake-engine.ts'

const post = (body: Readonly<Record<string, unknown>>): RequestInit => ({
  method: 'POST',
  headers: { 'content-type': 'application/json' },
  body: JSON.stringify({ model: 'haiku', ...body }),
})

function questionOf({ conversation }: Turn): string {
  const block = conversation.at(-1)?.content[0]
  return block?.type === 'text' ? block.text : ''
}

/** Repeats the prompt in capitals. */
const shouts: Script = async function* (turn) {
  yield START
  yield { type: 'text', text: ` ${questionOf(turn).toUpperCase()}` }
  yield FINISH
}

test('a prompt is gone on from, in the published shape', async () => {
  const { request, engine } = createTestApp({ script: says('there ', 'was') })
  const response = await request(
    '/v1/completions',
    post({ prompt: 'Once', max_tokens: 50, stop: ['END'], temperature: 0 }),
  )
  expect(response.status).toBe(200)
  const answer = completionSchema.parse(await response.json())
  expect(answer).toMatchObject({
    object: 'text_completion',
    model: 'claude-sonnet-5-5',
    choices: [{ index: 0, text: 'there was', finish_reason: 'stop', logprobs: null }],
  })
  expect(answer.usage.prompt_tokens).toBe(FINISH.usage.inputTokens)
  expect(engine.turns[0]).toMatchObject({
    system: expect.stringContaining('You complete text'),
    maxOutputTokens: 50,
    stopSequences: ['END'],
    sampling: { temperature: 0 },
  })
})

test('several prompts, n texts each, come in their places', async () => {
  const { request } = createTestApp({ script: shouts })
  const response = await request('/v1/completions', post({ prompt: ['a', 'b'], n: 2, echo: true }))
  const { choices, usage } = completionSchema.parse(await response.json())
  expect(choices.map(({ index, text }) => [index, text])).toEqual([
    [0, 'a A'],
    [1, 'a A'],
    [2, 'b B'],
    [3, 'b B'],
  ])
  const { inputTokens, outputTokens } = FINISH.usage
  expect(usage).toMatchObject({ prompt_tokens: 2 * inputTokens, completion_tokens: 4 * outputTokens })
})

test('streamed, the chunks have the same shape and end with the usage and [DONE]', async () => {
  const { request } = createTestApp({ script: says('one', ' two') })
  const body = { prompt: 'zero', echo: true, stream: true, stream_options: { include_usage: true } }
  const response = await request('/v1/completions', post(body))
  const events = eventsOf(await response.text())
  expect(events.pop()).toBe('[DONE]')
  const chunks = events.map((event) => completionChunkSchema.parse(JSON.parse(event)))
  expect(chunks.map(({ choices }) => choices[0]?.text)).toEqual(['zeroone', ' two', '', undefined])
  expect(chunks.map(({ choices }) => choices[0]?.finish_reason)).toEqual([null, null, 'stop', undefined])
  expect(chunks.at(-1)?.usage?.completion_tokens).toBe(FINISH.usage.outputTokens)
})

test('echoes of more than 4,000,000 characters in all are refused', async () => {
  const { request, engine } = createTestApp()
  const prompt = Array.from({ length: 5 }, () => 'x'.repeat(100_001))
  const response = await request('/v1/completions', post({ prompt, n: 8, echo: true }))
  expect(response.status).toBe(400)
  expect(await errorOf(response)).toMatchObject({ code: 'invalid_value', param: 'echo' })
  expect(engine.turns).toHaveLength(0)
})

test('an empty answer still has its echo', async () => {
  const { request } = createTestApp({ script: says() })
  const response = await request('/v1/completions', post({ prompt: 'zero', echo: true }))
  expect(completionSchema.parse(await response.json()).choices[0]?.text).toBe('zero')
})

test('no more than eight are asked at a time', async () => {
  let running = 0
  let most = 0
  let release = (): void => undefined
  const released = new Promise<void>((resolve) => (release = resolve))
  const script: Script = async function* () {
    running += 1
    most = Math.max(most, running)
    yield START
    // They wait for the eighth, and then for a ninth that must not come.
    if (running === 8) setTimeout(release, 50)
    await released
    yield { type: 'text', text: 'x' }
    running -= 1
    yield FINISH
  }
  const { request } = createTestApp({ script })
  const response = await request('/v1/completions', post({ prompt: Array.from({ length: 20 }, () => 'a') }))
  expect(completionSchema.parse(await response.json()).choices).toHaveLength(20)
  expect(most).toBe(8)
})

test.each([
  ['length', 'length'],
  ['refusal', 'content_filter'],
] as const)('an answer that ends by %s is said to end by %s', async (reason, finish) => {
  const engine = createFakeEngine(async function* () {
    yield START
    yield { type: 'text', text: 'x' }
    yield { ...FINISH, reason }
  })
  const response = await createTestApp({ engine }).request('/v1/completions', post({ prompt: 'a' }))
  expect(completionSchema.parse(await response.json()).choices[0]?.finish_reason).toBe(finish)
})

describe('what cannot be honoured', () => {
  test.each([
    ['prompt', { prompt: [1, 2, 3] }],
    ['prompt', { prompt: [[1], [2]] }],
    ['suffix', { prompt: 'a', suffix: 'z' }],
    ['best_of', { prompt: 'a', best_of: 2 }],
    ['logprobs', { prompt: 'a', logprobs: 0 }],
  ])('is refused by its name: %s in %j', async (param, body) => {
    const response = await createTestApp().request('/v1/completions', post(body))
    expect(response.status).toBe(400)
    expect(await errorOf(response)).toMatchObject({ code: 'unsupported_parameter', param })
  })

  test.each([
    ['n', { prompt: 'a', n: 9 }],
    ['prompt', { prompt: [] }],
    ['prompt', { prompt: Array.from({ length: 21 }, () => 'a') }],
    ['max_tokens', { prompt: 'a', max_tokens: 0 }],
  ])('nor is it where it is out of range: %s', async (param, body) => {
    const response = await createTestApp().request('/v1/completions', post(body))
    expect(response.status).toBe(400)
    expect((await errorOf(response)).param).toBe(param)
  })

  test('is named where it can be left out', async () => {
    const body = { prompt: 'a', seed: 1, frequency_penalty: 0.5, best_of: 1, suffix: '', logit_bias: {} }
    const response = await createTestApp().request('/v1/completions', post(body))
    expect(response.status).toBe(200)
    expect(response.headers.get('x-dragoman-ignored')).toBe('frequency_penalty, seed')
  })
})
