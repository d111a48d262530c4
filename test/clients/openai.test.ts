import OpenAI from 'openai'
import { describe, expect } from 'vitest'
import { sentBy } from '../support/sent.ts'
import type { TestServer } from '../support/server.ts'
import { it } from '../support/shared-server.ts'
import { fails, says, stalls } from '../support/scripted-model-answers.ts'

let test: TestServer
it.beforeAll(({ server }) => {
  test = server
})

const hello = { model: 'sonnet', messages: [{ role: 'user' as const, content: 'Hello' }] }

describe('the official OpenAI package', () => {
  it('gets a whole answer with true usage', async () => {
    test.model.script(
      says(['Hel', 'lo'], {
        usage: { inputTokens: 10, cacheReadTokens: 5, cacheWriteTokens: 3, outputTokens: 7, thinkingTokens: 2 },
      }),
    )
    const answer = await test.client.chat.completions.create(hello)
    expect(answer).toMatchObject({
      id: expect.stringMatching(/^chatcmpl-/),
      object: 'chat.completion',
      model: 'claude-sonnet-5-5',
      choices: [
        {
          index: 0,
          finish_reason: 'stop',
          logprobs: null,
          message: { role: 'assistant', content: 'Hello', refusal: null },
        },
      ],
      usage: {
        prompt_tokens: 18,
        completion_tokens: 7,
        total_tokens: 25,
        prompt_tokens_details: { cached_tokens: 5, cache_write_tokens: 3 },
        completion_tokens_details: { reasoning_tokens: 2 },
        cost: expect.any(Number),
      },
    })
  })

  it('streams the deltas of the model', async () => {
    test.model.script(says(['Hel', 'lo', ' you']))
    const chunks: OpenAI.ChatCompletionChunk[] = []
    for await (const chunk of await test.client.chat.completions.create({
      ...hello,
      stream: true,
      stream_options: { include_usage: true },
    }))
      chunks.push(chunk)
    expect(chunks.map((chunk) => chunk.choices[0]?.delta.content)).toEqual([
      '',
      'Hel',
      'lo',
      ' you',
      undefined,
      undefined,
    ])
    expect(chunks.at(-1)).toMatchObject({ choices: [], usage: { prompt_tokens: 10, completion_tokens: 3 } })
  })

  it('gives the same message by its stream helper', async () => {
    test.model.script(says('The same message.'))
    const message = await test.client.chat.completions.stream(hello).finalMessage()
    expect(message).toMatchObject({ role: 'assistant', content: 'The same message.' })
  })

  it('has its roles reach the model as they are', async () => {
    await test.client.chat.completions.create({
      model: 'gpt-4o',
      messages: [
        { role: 'system', content: 'Be brief.' },
        { role: 'developer', content: [{ type: 'text', text: 'Be kind.' }] },
        { role: 'user', content: 'One', name: 'ann' },
        { role: 'assistant', content: 'Two' },
        {
          role: 'user',
          content: [
            { type: 'text', text: 'Three' },
            { type: 'text', text: 'Four' },
          ],
        },
      ],
    })
    const { system, messages } = sentBy(test.model.requests.at(-1))
    expect(system.at(-1)).toBe('Be brief.\n\nBe kind.')
    expect(messages).toEqual([
      { role: 'user', texts: ['One'] },
      { role: 'assistant', texts: ['Two'] },
      { role: 'user', texts: ['Three', 'Four'] },
    ])
  })

  it.each([
    [
      'begins with the assistant',
      [
        { role: 'assistant', content: 'Hi there' },
        { role: 'user', content: 'Hello' },
      ],
      ['user', 'assistant', 'user'],
    ],
    [
      'ends with the assistant',
      [
        { role: 'user', content: 'Hello' },
        { role: 'assistant', content: 'Hi' },
      ],
      ['user', 'assistant', 'user'],
    ],
    ['is only a system prompt', [{ role: 'system', content: 'Say hello' }], ['user']],
  ] as const)('is answered when the conversation %s', async (_, messages, roles) => {
    const answer = await test.client.chat.completions.create({ model: 'sonnet', messages: [...messages] })
    expect(answer.choices[0]?.finish_reason).toBe('stop')
    expect(sentBy(test.model.requests.at(-1)).messages.map(({ role }) => role)).toEqual(roles)
  })

  it('is told that the limit was reached, after one call', async () => {
    const before = test.model.requests.length
    test.model.script(says('cut', { stopReason: 'max_tokens' }))
    const answer = await test.client.chat.completions.create({ ...hello, max_completion_tokens: 5 })
    expect(answer.choices[0]).toMatchObject({ finish_reason: 'length', message: { content: 'cut' } })
    expect(test.model.requests.slice(before).map((request) => request.body['max_tokens'])).toEqual([5])
  })

  it('is told of a refusal', async () => {
    test.model.script(says(['I must stop'], { stopReason: 'refusal' }))
    const answer = await test.client.chat.completions.create(hello)
    expect(answer.choices[0]).toMatchObject({
      finish_reason: 'content_filter',
      message: { content: 'I must stop', refusal: expect.any(String) },
    })
  })

  it('lists the models and finds one', async () => {
    const ids = (await test.client.models.list()).data.map((model) => model.id)
    expect(ids).toEqual(expect.arrayContaining(['claude-sonnet-5-5', 'sonnet', 'gpt-4o']))
    expect(await test.client.models.retrieve('sonnet')).toMatchObject({
      id: 'sonnet',
      object: 'model',
      created: expect.any(Number),
      owned_by: expect.any(String),
    })
  })

  it.each([
    [fails(400), OpenAI.BadRequestError, 'upstream_invalid_request'],
    [fails(401), OpenAI.InternalServerError, 'upstream_auth'],
    [fails(404), OpenAI.NotFoundError, 'model_not_found'],
    [fails(429), OpenAI.RateLimitError, 'rate_limit_exceeded'],
    [fails(500), OpenAI.InternalServerError, 'upstream_error'],
  ] as const)('raises its own error class: %#', async (answer, errorClass, code) => {
    test.model.otherwise(answer)
    const failure: unknown = await test.client.chat.completions.create(hello).catch((error: unknown) => error)
    test.model.otherwise(says('well again'))
    expect(failure).toBeInstanceOf(errorClass)
    expect(failure).toMatchObject({ code, requestID: expect.stringMatching(/^req_/) })
  })

  it('raises an error when the stream breaks off', async () => {
    test.model.script(stalls(['Hel']))
    const stream = await test.client.chat.completions.create({ ...hello, stream: true })
    const read = async (): Promise<void> => {
      for await (const chunk of stream)
        if (chunk.choices[0]?.delta.content === 'Hel')
          for (const pid of test.workers('sonnet')) process.kill(pid, 'SIGKILL')
    }
    await expect(read()).rejects.toThrow(OpenAI.APIError)
  })

  it('stops the model when it aborts a stream', async () => {
    test.model.script(stalls(['Hel']))
    const stream = await test.client.chat.completions.create({ ...hello, stream: true })
    for await (const chunk of stream) if (chunk.choices[0]?.delta.content === 'Hel') break
    await test.model.requests.at(-1)?.closed
  })

  it('stops the model when it aborts a request that does not stream', async () => {
    test.model.script(stalls(['Hel']))
    const leaving = new AbortController()
    const answer = test.client.chat.completions.create(hello, { signal: leaving.signal })
    const failed = expect(answer).rejects.toThrow(OpenAI.APIUserAbortError)
    const before = test.model.requests.length
    await expect.poll(() => test.model.requests.length, { timeout: 5000 }).toBeGreaterThan(before)
    leaving.abort()
    await failed
    await test.model.requests.at(-1)?.closed
  })
})
