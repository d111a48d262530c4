import OpenAI from 'openai'
import { ContentFilterFinishReasonError, LengthFinishReasonError } from 'openai/error'
import { zodFunction, zodResponseFormat } from 'openai/helpers/zod'
import type { ChatCompletionFunctionTool } from 'openai/resources'
import { beforeEach, describe, expect } from 'vitest'
import { z } from 'zod'
import { fills } from '../support/fills.ts'
import { pngImage } from '../support/images.ts'
import { fails, says } from '../support/scripted-model-answers.ts'
import type { TestServer } from '../support/server.ts'
import { it } from '../support/shared-server.ts'

let test: TestServer
it.beforeAll(({ server }) => {
  test = server
})
beforeEach(() => test.model.forget())

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

const PIXEL = pngImage(1, 1).toString('base64')

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

it('a call can be forced by name, whatever the model', async () => {
  test.model.script(fills({ city: 'Paris', unit: null }))
  const { choices } = await test.client.chat.completions.create({
    model: 'sonnet',
    messages: [question],
    tools: [weather],
    tool_choice: { type: 'function', function: { name: 'get_weather' } },
  })
  // OpenAI ends a forced call by `stop`; clients' loops want to see `tool_calls`.
  expect(choices[0]).toMatchObject({
    finish_reason: 'tool_calls',
    message: {
      content: null,
      tool_calls: [{ function: { name: 'get_weather', arguments: '{"city":"Paris","unit":null}' } }],
    },
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

describe('parse', () => {
  const person = z.object({ name: z.string(), age: z.number().nullable(), tags: z.array(z.string()) })
  const response_format = zodResponseFormat(person, 'person')

  it('gives the arguments of a call as zod understands them', async () => {
    test.model.script(says([], { calls: [call('toolu_1', 'Paris')] }))
    const parameters = z.object({ city: z.string(), unit: z.string().nullable() })
    const { choices } = await test.client.chat.completions.parse({
      model: 'sonnet',
      messages: [question],
      tools: [zodFunction({ name: 'get_weather', parameters })],
    })
    expect(choices[0]?.message.tool_calls?.[0]?.function.parsed_arguments).toEqual({ city: 'Paris', unit: null })
  })

  it.each(['sonnet', 'claude-sonnet-4'])('gives an answer of %s as zod understands it', async (model) => {
    const ann = { name: 'Ann 👩🏽‍🚀', age: null, tags: ['a"b', '\n'] }
    test.model.script(fills(ann))
    const { choices } = await test.client.chat.completions.parse({ model, messages: [question], response_format })
    expect(choices[0]?.message.parsed).toEqual(ann)
  })

  it('goes on while the stream helper reads', async () => {
    test.model.script(says(['{"name":"An', 'n","age":3,', '"tags":[]}']))
    const stream = test.client.chat.completions.stream({ model: 'sonnet', messages: [question], response_format })
    const names: unknown[] = []
    stream.on('content.delta', ({ parsed }) => names.push(z.looseObject({}).parse(parsed)['name']))
    const completion = await stream.finalChatCompletion()
    expect(completion.choices[0]?.message.parsed).toEqual({ name: 'Ann', age: 3, tags: [] })
    expect(names.at(-1)).toBe('Ann')
  })

  it.each([
    ['max_tokens', LengthFinishReasonError],
    ['refusal', ContentFilterFinishReasonError],
  ] as const)('says that an answer ended by %s', async (stopReason, errorClass) => {
    test.model.script(says(['{"name":"An'], { stopReason }))
    const parsing = test.client.chat.completions.parse({ model: 'sonnet', messages: [question], response_format })
    await expect(parsing).rejects.toThrow(errorClass)
  })
})

describe('several answers', () => {
  it('come side by side, each its own', async () => {
    test.model.script(says('One.'), says('Two.'))
    const completion = await test.client.chat.completions.create({ model: 'sonnet', messages: [question], n: 2 })
    expect(completion.choices.map(({ index }) => index)).toEqual([0, 1])
    expect(new Set(completion.choices.map(({ message }) => message.content))).toEqual(new Set(['One.', 'Two.']))
    expect(completion.usage).toMatchObject({ prompt_tokens: 10, completion_tokens: 2 })
  })

  it('are put together by the stream helper', async () => {
    test.model.script(says(['A', ' one.']), says(['A', ' two.']))
    const completion = await test.client.chat.completions
      .stream({ model: 'sonnet', messages: [question], n: 2, stream_options: { include_usage: true } })
      .finalChatCompletion()
    expect(completion.choices.map(({ index }) => index)).toEqual([0, 1])
    expect(new Set(completion.choices.map(({ message }) => message.content))).toEqual(new Set(['A one.', 'A two.']))
    expect(completion.usage).toMatchObject({ prompt_tokens: 10, completion_tokens: 4 })
  })
})

it('sends images and files that reach the model as what they are', async () => {
  const content: OpenAI.ChatCompletionContentPart[] = [
    { type: 'text', text: 'What is this?' },
    { type: 'image_url', image_url: { url: `data:image/png;base64,${PIXEL}`, detail: 'low' } },
    { type: 'image_url', image_url: { url: 'https://example.com/cat.jpg' } },
    { type: 'file', file: { filename: 'note.txt', file_data: `data:text/plain;base64,${btoa('A note.')}` } },
  ]
  await test.client.chat.completions.create({ model: 'sonnet', messages: [{ role: 'user', content }] })
  const [message] = test.model.requests.at(-1)?.parsed?.messages ?? []
  expect(message?.content).toMatchObject([
    { type: 'text', text: 'What is this?' },
    { type: 'image', source: { type: 'base64', media_type: 'image/png', data: PIXEL } },
    { type: 'image', source: { type: 'url', url: 'https://example.com/cat.jpg' } },
    { type: 'document', title: 'note.txt', source: { type: 'text', data: 'A note.' } },
  ])
})

it('sends stop sequences, which are not part of the answer', async () => {
  test.model.script(says('One, two', { stopReason: 'stop_sequence', stopSequence: ', three' }))
  const { choices } = await test.client.chat.completions.create({
    model: 'sonnet',
    messages: [question],
    stop: ', three',
  })
  expect(choices[0]).toMatchObject({ finish_reason: 'stop', message: { content: 'One, two' } })
  expect(test.model.requests.at(-1)?.body['stop_sequences']).toEqual([', three'])
})
