/** What a request for reasoning becomes, and what an answer took: the real binary behind the real server. */
import { describe, expect, vi } from 'vitest'
import type { AnswerUsage, StopReason } from '../../src/demo/answer.ts'
import { signThinking } from '../../src/demo/sign-thinking.ts'
import { chatChunkSchema } from '../../src/wire/chat-chunk.ts'
import { chatCompletionSchema } from '../../src/wire/chat-response.ts'
import type { ChatUsage } from '../../src/wire/usage.ts'
import { fails, gated, says } from '../support/scripted-model-answers.ts'
import { readEvents, type TestServer } from '../support/server.ts'
import { it } from '../support/shared-server.ts'

let test: TestServer
it.beforeAll(({ server }) => {
  test = server
})

const settled = (): Promise<boolean> =>
  vi.waitUntil(() => test.engine.status().workers.busy === 0, { timeout: 10_000, interval: 10 })

/** `thinking` (a budget, a mode) and effort as the model API is sent them. */
async function sentFor(body: Record<string, unknown>): Promise<string> {
  const before = test.model.requests.length
  expect((await test.chat(body)).status).toBe(200)
  expect(test.model.requests.length).toBe(before + 1)
  const { thinking, output_config: output } = test.model.requests.at(-1)?.parsed ?? {}
  const mode = thinking?.type === 'enabled' ? thinking.budget_tokens : thinking?.type
  return `${mode} ${output?.effort ?? '-'}`
}

const ALWAYS_THINKS = 'claude-opus-5-5'
const ADAPTS = 'claude-opus-4-7'
const HAS_A_BUDGET = 'claude-haiku-4-5'

describe('reasoning_effort', () => {
  it.each([
    [undefined, 'adaptive medium', 'adaptive xhigh', '31999 -'],
    ['none', 'adaptive low', 'disabled high', 'disabled -'],
    ['minimal', 'adaptive low', 'adaptive low', '2048 -'],
    ['low', 'adaptive low', 'adaptive low', '2048 -'],
    ['medium', 'adaptive medium', 'adaptive medium', '8192 -'],
    ['high', 'adaptive high', 'adaptive high', '31999 -'],
    ['xhigh', 'adaptive xhigh', 'adaptive xhigh', '31999 -'],
    ['max', 'adaptive max', 'adaptive max', '31999 -'],
  ])('%s is thinking and effort as each kind of model takes them', async (effort, always, adapts, budget) => {
    expect(await sentFor({ model: ALWAYS_THINKS, reasoning_effort: effort })).toBe(always)
    expect(await sentFor({ model: ADAPTS, reasoning_effort: effort })).toBe(adapts)
    expect(await sentFor({ model: HAS_A_BUDGET, reasoning_effort: effort })).toBe(budget)
  })

  it.each([
    [undefined, 'adaptive low', 'disabled high', 'disabled -'],
    ['none', 'adaptive low', 'disabled high', 'disabled -'],
    ['minimal', 'adaptive low', 'adaptive low', '1024 -'],
    ['medium', 'adaptive medium', 'adaptive medium', '1024 -'],
    ['max', 'adaptive max', 'adaptive max', '1024 -'],
  ])('%s leaves an answer of 1,500 tokens room for words', async (effort, always, adapts, budget) => {
    const limit = { max_tokens: 1500, reasoning_effort: effort }
    expect(await sentFor({ model: ALWAYS_THINKS, ...limit })).toBe(always)
    expect(await sentFor({ model: ADAPTS, ...limit })).toBe(adapts)
    expect(await sentFor({ model: HAS_A_BUDGET, ...limit })).toBe(budget)
  })

  it('max goes with a limit below the smallest budget, which turns thinking off where it is a budget', async () => {
    const limit = { max_tokens: 500, reasoning_effort: 'max' }
    expect(await sentFor({ model: ALWAYS_THINKS, ...limit })).toBe('adaptive max')
    expect(await sentFor({ model: ADAPTS, ...limit })).toBe('disabled high')
    expect(await sentFor({ model: HAS_A_BUDGET, ...limit })).toBe('disabled -')
  })
})

const COUNTS: AnswerUsage = {
  inputTokens: 13,
  cacheReadTokens: 20_011,
  cacheWriteTokens: 307,
  outputTokens: 1009,
  thinkingTokens: 501,
}

/** Dollars by the prices of Sonnet 5.5: 2 for a million in, 10 out, a twentieth of that for what is read from the cache, five quarters for what is written to it. */
function priceOf({ inputTokens, cacheReadTokens, cacheWriteTokens, outputTokens }: AnswerUsage): number {
  return (inputTokens * 2 + cacheReadTokens * 0.1 + cacheWriteTokens * 2.5 + outputTokens * 10) / 1e6
}

function expectTrue(usage: ChatUsage | null | undefined, counts: AnswerUsage): void {
  const prompt = counts.inputTokens + counts.cacheReadTokens + counts.cacheWriteTokens
  expect(usage).toEqual({
    prompt_tokens: prompt,
    completion_tokens: counts.outputTokens,
    total_tokens: prompt + counts.outputTokens,
    prompt_tokens_details: {
      cached_tokens: counts.cacheReadTokens,
      cache_write_tokens: counts.cacheWriteTokens,
      audio_tokens: 0,
    },
    completion_tokens_details: {
      reasoning_tokens: counts.thinkingTokens,
      audio_tokens: 0,
      accepted_prediction_tokens: 0,
      rejected_prediction_tokens: 0,
    },
    cost: expect.closeTo(priceOf(counts), 9),
  })
}

async function ask(body: Record<string, unknown> = {}): Promise<ReturnType<typeof chatCompletionSchema.parse>> {
  return chatCompletionSchema.parse(await (await test.chat({ model: 'sonnet', ...body })).json())
}

const TOOLS = [{ type: 'function', function: { name: 'look' } }]
const CALLS = [
  { id: 'toolu_01', name: 'look', input: {} },
  { id: 'toolu_02', name: 'look', input: { at: 1 } },
]

describe('usage', () => {
  it.each<[string, StopReason, Record<string, unknown>]>([
    ['stop', 'end_turn', {}],
    ['stop', 'stop_sequence', { stop: 'x' }],
    ['length', 'max_tokens', { max_tokens: 5000 }],
    ['length', 'model_context_window_exceeded', {}],
    ['content_filter', 'refusal', {}],
    ['tool_calls', 'tool_use', { tools: TOOLS }],
  ])(
    'is what the model API counted, and its price, when the answer ends by %s (%s)',
    async (finish, stopReason, body) => {
      const calls = stopReason === 'tool_use' ? { calls: CALLS } : {}
      test.model.script(says('some words', { thinking: 'Hm.', usage: COUNTS, stopReason, ...calls }))
      const { choices, usage } = await ask(body)
      expect(choices[0]?.finish_reason).toBe(finish)
      expect(choices[0]?.message.reasoning_content).toBe('Hm.')
      expectTrue(usage, COUNTS)
    },
  )

  it('is that of each turn alone in a conversation that goes on, also of a round of calls', async () => {
    const question = { role: 'user', content: 'Where?' }
    test.model.script(
      says([], { usage: COUNTS, calls: CALLS }),
      says('There.', { usage: { ...COUNTS, outputTokens: 3 } }),
    )
    const first = await ask({ messages: [question], tools: TOOLS })
    expectTrue(first.usage, COUNTS)
    const results = ['call_01', 'call_02'].map((id) => ({ role: 'tool', tool_call_id: id, content: 'ok' }))
    const second = await ask({ messages: [question, first.choices[0]?.message, ...results], tools: TOOLS })
    expectTrue(second.usage, { ...COUNTS, outputTokens: 3 })
  })

  it('has nothing of a turn that was broken off, or failed, before', async () => {
    const answer = gated('word '.repeat(5), { usage: COUNTS })
    test.model.script(answer)
    answer.release(2)
    const left = new AbortController()
    const response = await test.chat({ model: 'sonnet', stream: true }, { signal: left.signal })
    await response.body?.getReader().read()
    left.abort()
    await settled()
    test.model.script(fails(400))
    expect((await test.chat({ model: 'sonnet' })).status).toBe(400)
    test.model.script(says('whole', { usage: COUNTS }))
    expectTrue((await ask()).usage, COUNTS)
  })

  it('and reasoning of a stream are those of the whole answer, in chunks with one id, time and model', async () => {
    const answered = 'claude-sonnet-5-5-20260101'
    test.model.script(says('so be it', { thinking: 'Let me see.', usage: COUNTS, model: answered }))
    const asked = { model: 'sonnet', stream: true, stream_options: { include_usage: true } }
    const body = await (await test.chat(asked)).text()
    const chunks = readEvents(body)
      .data.slice(0, -1)
      .map((event) => chatChunkSchema.parse(JSON.parse(event)))
    expectTrue(chunks.at(-1)?.usage, COUNTS)
    const deltas = chunks.flatMap(({ choices }) => choices.map(({ delta }) => delta))
    expect(deltas.map((delta) => delta.reasoning_content ?? '').join('')).toBe('Let me see.')
    expect(deltas.map((delta) => delta.content ?? '').join('')).toBe('so be it')
    expect(new Set(chunks.map(({ id, created, model }) => `${id} ${created} ${model}`)).size).toBe(1)
    expect(chunks[0]?.model).toBe(answered)
  })
})

describe('reasoning', () => {
  it('is given back to the model with the calls that it led to, which clients know by ids of ours', async () => {
    const question = { role: 'user', content: 'Where?' }
    test.model.script(says([], { thinking: 'I must look.', calls: [{ id: 'toolu_03', name: 'look', input: {} }] }))
    const [choice] = (await ask({ messages: [question], tools: TOOLS })).choices
    const result = { role: 'tool', tool_call_id: 'call_03', content: 'ok' }
    const elsewhere = { role: 'system', content: 'On another process.' }
    await ask({ messages: [elsewhere, question, choice?.message, result], tools: TOOLS })
    const thinking = { type: 'thinking', thinking: 'I must look.', signature: signThinking('I must look.') }
    expect(test.model.requests.at(-1)?.body['messages']).toContainEqual({
      role: 'assistant',
      content: [thinking, { type: 'tool_use', id: 'toolu_03', name: 'look', input: {} }],
    })
  })
})
