import { createOpenAI } from '@ai-sdk/openai'
import { createOpenAICompatible } from '@ai-sdk/openai-compatible'
import { APICallError, generateText, Output, stepCountIs, streamText, tool } from 'ai'
import { beforeEach, describe, expect } from 'vitest'
import { z } from 'zod'
import { pngImage } from '../support/images.ts'
import { errorsMidStream, fails, says, stalls } from '../support/scripted-model-answers.ts'
import type { TestServer } from '../support/server.ts'
import { it } from '../support/shared-server.ts'

const PIXEL = pngImage(1, 1).toString('base64')

let test: TestServer
it.beforeAll(({ server }) => {
  test = server
})
beforeEach(() => test.model.forget())

const providers = {
  '@ai-sdk/openai-compatible': () =>
    createOpenAICompatible({
      name: 'dragoman',
      baseURL: `${test.url}/v1`,
      apiKey: test.apiKey,
      includeUsage: true,
      supportsStructuredOutputs: true,
      fetch: test.fetch,
    })('sonnet'),
  '@ai-sdk/openai': () =>
    createOpenAI({ baseURL: `${test.url}/v1`, apiKey: test.apiKey, fetch: test.fetch }).chat('gpt-4o'),
}

const weather = tool({
  description: 'The weather of a city.',
  inputSchema: z.object({ city: z.string(), unit: z.enum(['C', 'F']).optional() }),
  execute: ({ city }) => ({ city, sky: city === 'Rome' ? 'sunny' : 'grey' }),
})
const call = (id: string, city: string) => ({ id, name: 'weather', input: { city } })

describe.each(Object.entries(providers))('%s', (_, model) => {
  it('raises its own error, with what helps to decide about a retry', async () => {
    test.model.script(fails(429, { headers: { 'retry-after': '1' } }))
    const error: unknown = await generateText({ model: model(), prompt: 'Hello', maxRetries: 0 }).catch(
      (e: unknown) => e,
    )
    expect(APICallError.isInstance(error)).toBe(true)
    expect(error).toMatchObject({ statusCode: 429, isRetryable: true, message: expect.stringMatching(/rate limit/i) })
  })

  it('generateText goes through several steps of tools', async () => {
    test.model.script(
      says('Both.', { thinking: 'Two cities.', calls: [call('toolu_1', 'Rome'), call('toolu_2', 'Bern')] }),
      says([], { calls: [call('toolu_3', 'Köln 🌧')] }),
      says('Rome is sunny.'),
    )
    const result = await generateText({
      model: model(),
      prompt: 'Where is it sunny?',
      tools: { weather },
      stopWhen: stepCountIs(5),
    })
    expect(result.text).toBe('Rome is sunny.')
    expect(
      result.steps.map(({ finishReason, toolResults }) => [finishReason, toolResults.map(({ output }) => output)]),
    ).toEqual([
      [
        'tool-calls',
        [
          { city: 'Rome', sky: 'sunny' },
          { city: 'Bern', sky: 'grey' },
        ],
      ],
      ['tool-calls', [{ city: 'Köln 🌧', sky: 'grey' }]],
      ['stop', []],
    ])
    expect(result.totalUsage).toMatchObject({ inputTokens: 30 })
    expect(result.warnings).toEqual([])
  })

  it('streamText goes through several steps of tools', async () => {
    test.model.script(
      says(['On', ' it'], { calls: [call('toolu_1', 'Rome'), call('toolu_2', 'Bern')] }),
      says(['Rome', ' is', ' sunny.']),
    )
    const result = streamText({
      model: model(),
      prompt: 'Where is it sunny?',
      tools: { weather },
      stopWhen: stepCountIs(5),
    })
    const called: unknown[] = []
    for await (const part of result.fullStream) if (part.type === 'tool-call') called.push(part.input)
    expect(called).toEqual([{ city: 'Rome' }, { city: 'Bern' }])
    expect(await result.text).toBe('Rome is sunny.')
    expect(await result.finishReason).toBe('stop')
    expect(await result.totalUsage).toMatchObject({ inputTokens: 20, outputTokens: 5 })
  })

  it('generateText fills an object, also after a tool', async () => {
    test.model.script(says([], { calls: [call('toolu_1', 'Rome')] }), says('{"city":"Rome","sunny":true}'))
    const { output } = await generateText({
      model: model(),
      prompt: 'Where is it sunny?',
      tools: { weather },
      stopWhen: stepCountIs(3),
      output: Output.object({ schema: z.object({ city: z.string(), sunny: z.boolean() }) }),
    })
    expect(output).toEqual({ city: 'Rome', sunny: true })
  })

  it('streamText fills a list as it grows', async () => {
    test.model.script(says(['{"elements":[{"city":"Rome"},', '{"city":"Be', 'rn"}]}']))
    const output = Output.array({ element: z.object({ city: z.string() }) })
    const result = streamText({ model: model(), prompt: 'Two cities.', output })
    const cities: string[] = []
    for await (const { city } of result.elementStream) cities.push(city)
    expect(cities).toEqual(['Rome', 'Bern'])
  })

  it('sends images and files that reach the model as what they are', async () => {
    await generateText({
      model: model(),
      messages: [
        {
          role: 'user',
          content: [
            { type: 'text', text: 'What is this?' },
            { type: 'image', image: PIXEL },
            { type: 'file', data: btoa('%PDF-1.4\n'), mediaType: 'application/pdf', filename: 'note.pdf' },
          ],
        },
      ],
    })
    const [message] = test.model.requests.at(-1)?.parsed?.messages ?? []
    expect(message?.content).toMatchObject([
      { type: 'text' },
      { type: 'image', source: { type: 'base64', media_type: 'image/png', data: PIXEL } },
      { type: 'document', title: 'note.pdf', source: { type: 'base64', media_type: 'application/pdf' } },
    ])
  })

  it('sees an error in mid-stream as an error part', async () => {
    test.model.script(errorsMidStream(['Hel', 'lo']))
    const parts: string[] = []
    const result = streamText({ model: model(), prompt: 'Hello', maxRetries: 0, onError: () => {} })
    for await (const part of result.fullStream) parts.push(part.type)
    expect(parts).toContain('error')
    expect(await result.finishReason).toBe('error')
  })

  it('stops the model when it aborts', async () => {
    test.model.script(stalls(['Hel']))
    const leaving = new AbortController()
    const result = streamText({ model: model(), prompt: 'Hello', abortSignal: leaving.signal })
    const types = new Set<string>()
    for await (const part of result.fullStream) {
      types.add(part.type)
      if (part.type === 'text-delta') leaving.abort()
    }
    expect(types).toContain('abort')
    await test.model.requests.at(-1)?.closed
  })
})
