import OpenAI from 'openai'
import { zodFunction } from 'openai/helpers/zod'
import type { ChatCompletionFunctionTool } from 'openai/resources'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { z } from 'zod'
import { fails, says } from '../support/scripted-model-answers.ts'
import { startTestServer, type TestServer } from '../support/server.ts'

let test: TestServer
beforeAll(async () => {
  test = await startTestServer({ REUSE_WORKERS: 'true', API_KEY: 'secret-of-the-test' })
  await test.proven()
})
afterAll(() => test[Symbol.asyncDispose]())

const question = { role: 'user' as const, content: 'What is the weather in Paris and in Rome?' }
const weather: ChatCompletionFunctionTool = {
  type: 'function',
  function: {
    name: 'get_weather',
    description: 'The weather of a city.',
    strict: true,
    parameters: {
      type: 'object',
      properties: { city: { type: 'string' }, unit: { type: ['string', 'null'] } },
      required: ['city', 'unit'],
      additionalProperties: false,
    },
  },
}
const call = (id: string, city: string) => ({ id, name: 'get_weather', input: { city, unit: null } })

describe('runTools', () => {
  it.each([
    ['whole answers', false],
    ['streams', true],
  ] as const)('runs parallel calls and several rounds over %s', async (_, stream) => {
    test.model.script(
      says('Looking it up.', { calls: [call('toolu_1', 'Paris'), call('toolu_2', 'Rome')] }),
      says([], { calls: [call('toolu_3', 'Zürich 🏔')] }),
      says('All sunny.'),
    )
    const asked: string[] = []
    const tools = [
      zodFunction({
        name: 'get_weather',
        parameters: z.object({ city: z.string(), unit: z.string().nullable() }),
        function: ({ city }) => {
          asked.push(city)
          return { city, sky: 'sunny' }
        },
      }),
    ]
    const body = { model: 'sonnet', messages: [question], tools }
    const runner = stream
      ? test.client.chat.completions.runTools({ ...body, stream, stream_options: { include_usage: true } })
      : test.client.chat.completions.runTools(body)
    expect(await runner.finalContent()).toBe('All sunny.')
    expect(asked).toEqual(['Paris', 'Rome', 'Zürich 🏔'])
    const roles = runner.messages.map(({ role }) => role)
    expect(roles.join(' ')).toBe('user assistant tool tool assistant tool assistant')
    expect((await runner.totalUsage()).prompt_tokens).toBe(30)
  })
})

describe('the stream helper', () => {
  it('tells of the arguments as they come, and of each call when it is done', async () => {
    test.model.script(says('Both.', { calls: [call('toolu_1', 'Paris'), call('toolu_2', 'Rome')] }))
    const stream = test.client.chat.completions.stream({ model: 'sonnet', messages: [question], tools: [weather] })
    const done: unknown[] = []
    const written: string[] = []
    stream.on('tool_calls.function.arguments.delta', ({ arguments_delta: delta }) => written.push(delta))
    stream.on('tool_calls.function.arguments.done', ({ index, name, parsed_arguments: parsed }) =>
      done.push([index, name, parsed]),
    )
    stream.on('content.done', ({ content }) => done.push(content))
    const completion = await stream.finalChatCompletion()
    expect(done).toEqual([
      'Both.',
      [0, 'get_weather', { city: 'Paris', unit: null }],
      [1, 'get_weather', { city: 'Rome', unit: null }],
    ])
    expect(written.join('')).toBe('{"city":"Paris","unit":null}{"city":"Rome","unit":null}')
    expect(completion.choices[0]).toMatchObject({
      finish_reason: 'tool_calls',
      message: { content: 'Both.', tool_calls: [{ id: 'call_1', type: 'function' }, { id: 'call_2' }] },
    })
  })

  it('takes a call without arguments as an empty object', async () => {
    test.model.script(says([], { calls: [{ id: 'toolu_1', name: 'now', input: {} }] }))
    const tools = [{ type: 'function' as const, function: { name: 'now' } }]
    const stream = test.client.chat.completions.stream({ model: 'sonnet', messages: [question], tools })
    expect((await stream.finalMessage()).tool_calls?.[0]).toMatchObject({ function: { name: 'now', arguments: '{}' } })
  })
})

it('parse gives the arguments of a call as zod understands them', async () => {
  test.model.script(says([], { calls: [call('toolu_1', 'Paris')] }))
  const parameters = z.object({ city: z.string(), unit: z.string().nullable() })
  const completion = await test.client.chat.completions.parse({
    model: 'sonnet',
    messages: [question],
    tools: [zodFunction({ name: 'get_weather', parameters })],
  })
  expect(completion.choices[0]?.message.tool_calls?.[0]?.function.parsed_arguments).toEqual({
    city: 'Paris',
    unit: null,
  })
})

describe('its errors', () => {
  const failure = async (body: Record<string, unknown>, client = test.client): Promise<unknown> =>
    client
      .post('/chat/completions', { body: { model: 'sonnet', messages: [question], ...body } })
      .catch((e: unknown) => e)

  it('are BadRequestError with the parameter', async () => {
    const error = await failure({ messages: [question, { role: 'tool', tool_call_id: 'call_9', content: 'sunny' }] })
    expect(error).toBeInstanceOf(OpenAI.BadRequestError)
    expect(error).toMatchObject({ status: 400, param: 'messages[1].tool_call_id', type: 'invalid_request_error' })
  })

  it('are AuthenticationError for a wrong key', async () => {
    const error = await failure({}, test.client.withOptions({ apiKey: 'wrong' }))
    expect(error).toBeInstanceOf(OpenAI.AuthenticationError)
    expect(error).toMatchObject({ status: 401, code: 'invalid_api_key' })
  })

  it('are NotFoundError for an unknown model and an unknown route', async () => {
    expect(await failure({ model: 'gpt-9' })).toMatchObject({ code: 'model_not_found', param: 'model' })
    const unknownRoute: unknown = await test.client.get('/nothing').catch((error: unknown) => error)
    expect(unknownRoute).toBeInstanceOf(OpenAI.NotFoundError)
  })

  it('are retried by the client where that helps, and only there', async () => {
    const patient = test.client.withOptions({ maxRetries: 2 })
    const before = test.model.requests.length
    test.model.script(fails(429, { headers: { 'retry-after': '0' } }), says('Now.'))
    const answer = await patient.chat.completions.create({ model: 'sonnet', messages: [question] })
    expect(answer.choices[0]?.message.content).toBe('Now.')
    test.model.script(fails(401))
    expect(await failure({}, patient)).toMatchObject({ status: 502, code: 'upstream_auth' })
    expect(test.model.requests.length - before).toBe(3)
  })
})
