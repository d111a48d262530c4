import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { assistant, KEY, startTestEngine, type TestEngine, textOf, user } from '../support/engine.ts'
import { sentBy } from '../support/sent.ts'
import { says } from '../support/scripted-model-answers.ts'

let test: TestEngine
beforeAll(async () => {
  test = await startTestEngine({ REUSE_WORKERS: 'true', MAX_WORKERS: '7' })
})
afterAll(() => test[Symbol.asyncDispose]())

const sent = (): ReturnType<typeof sentBy> => sentBy(test.model.requests.at(-1))

describe('a conversation on the real binary', () => {
  it('is answered with the deltas of the model, and its usage', async () => {
    test.model.script(
      says(['Hel', 'lo', '!'], {
        usage: { inputTokens: 10, cacheReadTokens: 5, cacheWriteTokens: 3, outputTokens: 7 },
      }),
    )
    const events = await test.ask()
    expect(events).toEqual([
      { type: 'start', model: 'claude-opus-5-5', serviceTier: 'standard', lease: expect.any(String) },
      { type: 'text', text: 'Hel' },
      { type: 'text', text: 'lo' },
      { type: 'text', text: '!' },
      {
        type: 'finish',
        reason: 'done',
        usage: {
          inputTokens: 18,
          cacheReadTokens: 5,
          cacheWriteTokens: 3,
          outputTokens: 7,
          reasoningTokens: 0,
          costUsd: expect.any(Number),
        },
      },
    ])
  })

  it('reaches the model as real turns in their order', async () => {
    await test.ask({
      conversation: [user('one'), assistant('two'), user('three', 'three and a half'), assistant('four'), user('five')],
    })
    expect(sent().messages).toEqual([
      { role: 'user', texts: ['one'] },
      { role: 'assistant', texts: ['two'] },
      { role: 'user', texts: ['three', 'three and a half'] },
      { role: 'assistant', texts: ['four'] },
      { role: 'user', texts: ['five'] },
    ])
  })

  it('has the system prompt as system prompt, to the byte', async () => {
    const system = 'Line one.\n\n  "Quoted" é 🙂 — $HOME `ls` --flag'
    await test.ask({ system })
    expect(sent().system.at(-1)).toBe(system)
  })

  it('without a system prompt has none of ours', async () => {
    await test.ask()
    expect(sent().system).toHaveLength(1)
  })

  it.each(['/compact', '/model opus', '/clear', 'look @/etc/passwd', '!ls', '#remember this', '@/etc/hostname'])(
    'takes %j as plain text',
    async (text) => {
      await test.ask({ conversation: [user(text), assistant('ok'), user(`again: ${text}`, text)] })
      expect(sent().messages).toEqual([
        { role: 'user', texts: [text] },
        { role: 'assistant', texts: ['ok'] },
        { role: 'user', texts: [`again: ${text}`, text] },
      ])
    },
  )

  it('takes a prompt of 1 MB and a system prompt of 1 MB', async () => {
    const long = 'all work and no play '.repeat(50_000)
    const events = await test.ask({ system: long, conversation: [user(long)] })
    expect(events.at(-1)).toMatchObject({ type: 'finish', reason: 'done' })
    expect(sent().messages).toEqual([{ role: 'user', texts: [long] }])
    expect(sent().system.at(-1)).toBe(long)
  })

  it('sends one call that the model API takes, with the real key, and offers no tools', async () => {
    const before = test.model.requests.length
    await test.ask()
    const calls = test.model.requests.slice(before)
    expect(calls.map((call) => [call.method, call.path.split('?')[0], call.problem])).toEqual([
      ['POST', '/v1/messages', undefined],
    ])
    expect(calls[0]?.headers['x-api-key']).toBe(KEY)
    expect(sent().body['tools'] ?? []).toEqual([])
  })

  it('costs about 1 KB around what was asked', async () => {
    await test.ask({ conversation: [user('hi')] })
    expect(test.model.requests.at(-1)?.rawBody.length).toBeLessThan(2048)
  })

  it('hands the limit and the effort on', async () => {
    await test.ask({ maxOutputTokens: 3000, effort: 'high' })
    expect(sent().body).toMatchObject({ max_tokens: 3000, output_config: { effort: 'high' } })
  })

  it('thinks as little as the model can when thinking is to be off', async () => {
    await test.ask({ thinking: 'off' })
    expect(sent().body).toMatchObject({ output_config: { effort: 'low' } })
    await test.ask({ thinking: 'off', model: 'claude-haiku-4-5' })
    expect(sent().body).toMatchObject({ thinking: { type: 'disabled' } })
  })

  it('leaves a model with a fixed thinking budget room for its answer', async () => {
    await test.ask({ model: 'claude-haiku-4-5', maxOutputTokens: 4000 })
    expect(sent().body).toMatchObject({ max_tokens: 4000, thinking: { type: 'enabled', budget_tokens: 2000 } })
    await test.ask({ model: 'claude-haiku-4-5' })
    expect(sent().body).toMatchObject({ thinking: { type: 'enabled', budget_tokens: 31_999 } })
  })

  it('gives the reasoning apart from the text', async () => {
    test.model.script(says('Done.', { thinking: 'Let me see.' }))
    const events = await test.ask({ effort: 'high' })
    expect(
      events
        .filter((event) => event.type === 'reasoning')
        .map((event) => event.text)
        .join(''),
    ).toBe('Let me see.')
    expect(textOf(events)).toBe('Done.')
  })

  it.each([
    ['end_turn', 'done'],
    ['stop_sequence', 'stop_sequence'],
    ['max_tokens', 'length'],
    ['model_context_window_exceeded', 'length'],
    ['refusal', 'refusal'],
  ] as const)('that the model stops with %s is one call and finishes with %s', async (stopReason, reason) => {
    const before = test.model.requests.length
    test.model.script(says(['some ', 'text'], { stopReason }))
    const events = await test.ask()
    expect(textOf(events)).toBe('some text')
    expect(events.at(-1)).toMatchObject({ type: 'finish', reason, usage: { costUsd: expect.any(Number) } })
    expect(test.model.requests.length - before).toBe(1)
  })

  it.each([
    ['after some words', ['Let me look.'], 'Let me look.'],
    ['without a word', [], ''],
  ])('whose model calls a tool that nobody offered, %s, ends with its first answer', async (_, words, text) => {
    const before = test.model.requests.length
    test.model.script(says(words, { calls: [{ id: 'toolu_1', name: 'Bash', input: { command: 'id' } }] }))
    const events = await test.ask()
    expect(textOf(events)).toBe(text)
    expect(events.at(-1)).toMatchObject({ type: 'finish', reason: 'done' })
    expect(test.model.requests.length - before).toBe(1)
  })

  it('takes a prompt that fills most of a window of 200,000 tokens', async () => {
    const long = 'all work and no play '.repeat(36_000)
    const events = await test.ask({ model: 'claude-haiku-4-5', conversation: [user(long)] })
    expect(events.at(-1)).toMatchObject({ type: 'finish', reason: 'done' })
    expect(sent().messages).toEqual([{ role: 'user', texts: [long] }])
  })

  it('thinks as little as the model can also under its long-context and dated names', async () => {
    for (const model of ['claude-opus-5-5[1m]', 'claude-opus-5-5-20260101']) {
      await test.ask({ thinking: 'off', model })
      expect(sent().body).toMatchObject({ output_config: { effort: 'low' } })
    }
  })

  it.each([
    ['only white space', ' \n '],
    ['nothing', ''],
  ])('can be answered with %s, in one call', async (_, text) => {
    const before = test.model.requests.length
    test.model.script(says([text]))
    const events = await test.ask()
    expect(textOf(events)).toBe(text)
    expect(events.at(-1)).toMatchObject({ type: 'finish', reason: 'done' })
    expect(test.model.requests.length - before).toBe(1)
  })

  it('is streamed while the model is still speaking', async () => {
    test.model.script(says(['first', 'second'], { delayMs: 400 }))
    const iterator = test.begin()
    await iterator.next()
    expect(await iterator.next()).toMatchObject({ value: { type: 'text', text: 'first' } })
    expect(test.model.requests.at(-1)?.finished).toBe(false)
    await iterator.return?.()
  })

  it('keeps two callers at the same time apart', async () => {
    test.model.otherwise((request, reply) => says(`echo ${JSON.stringify(sentBy(request).messages)}`)(request, reply))
    const answers = await Promise.all(
      ['alpha', 'beta', 'gamma', 'delta', 'epsilon'].map(async (name) =>
        textOf(await test.ask({ conversation: [user(name)] })),
      ),
    )
    test.model.otherwise(says('Hello'))
    expect(
      answers.map((answer, index) => answer.includes(['alpha', 'beta', 'gamma', 'delta', 'epsilon'][index] ?? '?')),
    ).toEqual([true, true, true, true, true])
  })

  it('knows the models of the live list', async () => {
    const models = await test.engine.models()
    expect(models.map((model) => model.aliases).flat()).toEqual(
      expect.arrayContaining(['default', 'opus', 'sonnet', 'haiku', 'fable']),
    )
    expect(models.every((model) => model.id.startsWith('claude-'))).toBe(true)
  })
})
