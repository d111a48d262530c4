/** What callers ask of models that differ in what they take: the scripted model refuses what the real ones refuse. */
import { describe, expect } from 'vitest'
import { sentBy } from '../support/sent.ts'
import type { TestServer } from '../support/server.ts'
import { it } from '../support/shared-server.ts'
import { fails, says } from '../support/scripted-model-answers.ts'

let test: TestServer
it.beforeAll(({ server }) => {
  test = server
})

/** That always thinks, that thinks as it sees fit, that thinks within a budget. */
const KINDS = ['claude-opus-5-5', 'claude-haiku-5-5', 'claude-haiku-4-5']

const hello = (model: string) => ({ model, messages: [{ role: 'user' as const, content: 'Hello' }] })
const weather = {
  type: 'function' as const,
  function: { name: 'weather', parameters: { type: 'object', properties: {} } },
}
const lastBody = () => sentBy(test.model.requests.at(-1)).body

describe.each(KINDS)('%s', (model) => {
  it('takes sampling, or it is dropped and named', async () => {
    const { data, response } = await test.client.chat.completions
      .create({ ...hello(model), temperature: 0.2, top_p: 0.9 })
      .withResponse()
    expect(data.choices[0]?.message.content).toContain('Hello')
    const ignored = response.headers.get('x-dragoman-ignored')
    if (model !== 'claude-haiku-4-5') {
      expect(lastBody()).not.toHaveProperty('temperature')
      expect(ignored).toBe('temperature, top_p')
      return
    }
    expect(lastBody()).toMatchObject({ temperature: 0.2 })
    expect(ignored).toBe('top_p')
  })

  it('answers where top_p is asked for alone', async () => {
    const { response } = await test.client.chat.completions.create({ ...hello(model), top_p: 0.9 }).withResponse()
    expect(response.headers.get('x-dragoman-ignored')).toBe('top_p')
  })

  it('stops at a sequence that it knows, and at white space', async () => {
    test.model.script(says('one ', { stopReason: 'stop_sequence', stopSequence: 'two' }))
    const own = await test.client.chat.completions.create({ ...hello(model), stop: ['two', '\n'] })
    expect(own.choices[0]).toMatchObject({ finish_reason: 'stop', message: { content: 'one ' } })
    expect(lastBody()['stop_sequences']).toEqual(['two'])
    const thinking = 'Twelve char.'
    test.model.script(says(['a', ' b and more\n', 'c d'], { thinking, delayMs: 5 }))
    const blank = await test.client.chat.completions.create({ ...hello(model), stop: '\n' })
    expect(blank.choices[0]).toMatchObject({ finish_reason: 'stop', message: { content: 'a b and more' } })
    // Four characters a token: nobody counts what is broken off.
    expect(blank.usage).toMatchObject({
      prompt_tokens: 10,
      completion_tokens: 6,
      completion_tokens_details: { reasoning_tokens: 3 },
    })
    expect(lastBody()).not.toHaveProperty('stop_sequences')
  })

  it('can be made to call a function', async () => {
    const called = says([], { calls: [{ id: 'toolu_1', name: 'weather', input: { city: 'Paris' } }] })
    test.model.script(called)
    const any = await test.client.chat.completions.create({
      ...hello(model),
      tools: [weather],
      tool_choice: 'required',
    })
    expect(any.choices[0]).toMatchObject({
      finish_reason: 'tool_calls',
      message: { tool_calls: [{ function: { name: 'weather', arguments: '{"city":"Paris"}' } }] },
    })
  })

  it('may think for a while, or not at all', async () => {
    for (const reasoning_effort of ['none', 'high'] as const) {
      const answer = await test.client.chat.completions.create({ ...hello(model), reasoning_effort, max_tokens: 4000 })
      expect(answer.choices[0]?.finish_reason).toBe('stop')
    }
  })
})

describe('what a model refuses beyond what is known of it', () => {
  const refusal = (message: string) => fails(400, { message })

  it('is asked without, once, and never again', async () => {
    const model = 'claude-sonnet-4'
    const before = test.model.requests.length
    const ask = () =>
      test.client.chat.completions.create({ ...hello(model), temperature: 0.5, top_p: 0.5 }).withResponse()
    // The scripted model takes one of the two.
    expect((await ask()).response.headers.get('x-dragoman-ignored')).toBe('top_p')
    test.model.script(refusal('temperature: `temperature` is not supported for this model.'))
    for (let time = 0; time < 2; time += 1)
      expect((await ask()).response.headers.get('x-dragoman-ignored')).toBe('temperature, top_p')
    const sent = test.model.requests.slice(before).map(({ body }) => [body['temperature'], body['top_p']])
    expect(sent).toEqual([
      [0.5, 0.5],
      [0.5, undefined],
      [0.5, undefined],
      [undefined, undefined],
      [undefined, undefined],
    ])
  })

  it('is told to the caller where it is the caller who is wrong', async () => {
    test.model.script(refusal('messages.0: this is nonsense'))
    const asked = test.client.chat.completions.create({ ...hello('claude-haiku-4-5'), temperature: 0.5 })
    await expect(asked).rejects.toMatchObject({ status: 400, code: 'upstream_invalid_request' })
  })
})

it('several answers stop together when the caller leaves', async () => {
  test.model.otherwise(says('word '.repeat(400), { delayMs: 20 }))
  const before = test.model.requests.length
  const stream = await test.client.chat.completions.create({ ...hello('sonnet'), n: 2, stream: true })
  for await (const chunk of stream) if (chunk.choices[0]?.delta.content) break
  stream.controller.abort()
  const calls = () => test.model.requests.slice(before)
  await Promise.all(calls().map(({ closed }) => closed))
  expect(calls().map(({ finished }) => finished)).not.toContain(true)
})
