/** JSON of the caller's form, over the whole way: a real process, models that can be held to a schema and one that cannot. */
import { zodResponseFormat } from 'openai/helpers/zod'
import { describe, expect, vi } from 'vitest'
import { z } from 'zod'
import { fails, says } from '../support/scripted-model-answers.ts'
import { sentBy } from '../support/sent.ts'
import { readEvents, type TestServer } from '../support/server.ts'
import { it } from '../support/shared-server.ts'

const NATIVE = 'claude-haiku-4-5'
const IN_WORDS = 'claude-sonnet-4'

let test: TestServer
it.beforeAll(({ server }) => {
  test = server
})

const person = z.object({ name: z.string(), age: z.number().int().min(3) })
const ask = (model: string, format: unknown = zodResponseFormat(person, 'person')) => ({
  model,
  messages: [{ role: 'user' as const, content: 'Who?' }],
  response_format: format,
})
const anyObject = { type: 'json_object' }
const format = (schema: object) => ({ type: 'json_schema', json_schema: { name: 'thing', schema } })
const answerBody = z.object({
  choices: z.tuple([z.looseObject({ message: z.looseObject({ content: z.string().nullable() }) })]),
})
const errorBody = z.object({ error: z.looseObject({ type: z.string() }) })
async function choiceOf(body: Record<string, unknown>) {
  const response = await test.chat(body)
  const text = await response.text()
  expect([response.status, text]).toEqual([200, expect.any(String)])
  return answerBody.parse(JSON.parse(text)).choices[0]
}
const lastBody = () => sentBy(test.model.requests.at(-1)).body
const systemOf = () => sentBy(test.model.requests.at(-1)).system.join('\n')
const good = '{"name":"Ann","age":4}'
const young = '{"name":"Ann","age":2}'

describe('a model that can be held to a schema', () => {
  it('gives what `parse` makes of it', async () => {
    test.model.script(says([good.slice(0, 9), good.slice(9)]))
    const completion = await test.client.chat.completions.parse({
      model: NATIVE,
      messages: [{ role: 'user', content: 'Who?' }],
      response_format: zodResponseFormat(person, 'person'),
    })
    expect(completion.choices[0]?.message.parsed).toEqual({ name: 'Ann', age: 4 })
    expect(lastBody()['output_config']).toMatchObject({
      format: {
        type: 'json_schema',
        schema: {
          properties: { age: { description: expect.stringMatching('minimum 3') } },
          additionalProperties: false,
        },
      },
    })
  })

  it('streams, on the same process, and is free again afterwards', async () => {
    const text = async (body: Record<string, unknown>): Promise<string> => {
      await vi.waitUntil(() => test.engine.status().workers.idle > 0, { timeout: 10_000, interval: 10 })
      return (await test.chat(body)).text()
    }
    test.model.script(says('Hello'))
    await (await test.chat({ model: NATIVE })).text()
    const workers = test.workers(NATIVE)
    test.model.script(says([good.slice(0, 9), good.slice(9)]))
    const { data } = readEvents(await text({ ...ask(NATIVE), stream: true }))
    const chunks = data.slice(0, -1).map((event) => JSON.parse(event).choices[0])
    expect(chunks.map(({ delta }) => delta.content ?? '')).toEqual(['', good.slice(0, 9), good.slice(9), ''])
    expect(chunks.at(-1).finish_reason).toBe('stop')
    test.model.script(says('Hello'))
    expect(await text({ model: NATIVE })).toContain('"content":"Hello"')
    expect(lastBody()).not.toHaveProperty('output_config.format')
    expect(test.workers(NATIVE)).toEqual(workers)
  })

  it('may call a function instead', async () => {
    const tools = [{ type: 'function' as const, function: { name: 'look', parameters: { type: 'object' } } }]
    test.model.script(says('Let me see', { calls: [{ id: 'toolu_1', name: 'look', input: {} }] }))
    const choice = await choiceOf({ ...ask(NATIVE), tools })
    expect(choice).toMatchObject({ finish_reason: 'tool_calls', message: { content: 'Let me see' } })
    expect(lastBody()['output_config']).toHaveProperty('format')
  })

  it('is told in words where the model API refuses the schema', async () => {
    test.model.script(fails(400, { message: 'output_config.format.schema: too complex' }), says(`So: ${good}`))
    const choice = await choiceOf(ask(NATIVE))
    expect(choice.message.content).toBe(good)
    expect(systemOf()).toContain('<json-schema>')
  })
})

describe('a model that is told in words', () => {
  it('gives JSON without what stands around it', async () => {
    test.model.script(says(`Here you are:\n\`\`\`json\n${good}\n\`\`\`\nAnything else?`))
    const choice = await choiceOf(ask(IN_WORDS))
    expect(choice).toMatchObject({ finish_reason: 'stop', message: { content: good } })
    expect(systemOf()).toContain('"minimum":3')
    expect(lastBody()).not.toHaveProperty('output_config.format')
  })

  it('gives any object', async () => {
    test.model.script(says(['Sure: {"a', '":1}', ' done']))
    const choice = await choiceOf(ask(IN_WORDS, anyObject))
    expect(choice.message.content).toBe('{"a":1}')
  })
})

describe.each([NATIVE, IN_WORDS])('%s, with an answer that does not fit', (model) => {
  it('is asked once more', async () => {
    const before = test.model.requests.length
    test.model.script(says(young), says(good))
    const choice = await choiceOf(ask(model))
    expect(choice.message.content).toBe(good)
    expect(test.model.requests.length - before).toBe(2)
  })

  it('fails when it does not fit again', async () => {
    test.model.script(says(young), says('I cannot'))
    const response = await test.chat(ask(model))
    expect(response.status).toBe(502)
    expect(errorBody.parse(await response.json()).error).toMatchObject({ type: 'api_error', param: null })
  })

  it('fails in the stream once something has gone out', async () => {
    test.model.script(says(young))
    const { data } = readEvents(await (await test.chat({ ...ask(model), stream: true })).text())
    expect(JSON.parse(data.at(-1) ?? '').error).toMatchObject({ type: 'api_error' })
    expect(data.join('')).not.toContain('"finish_reason":"stop"')
  })

  it('is no failure where it ran into its limit, or was declined', async () => {
    test.model.script(says('{"name":', { stopReason: 'max_tokens' }))
    const cut = await choiceOf(ask(model))
    expect(cut).toMatchObject({ finish_reason: 'length', message: { content: '{"name":' } })
    test.model.script(says([], { stopReason: 'refusal' }))
    const declined = await choiceOf(ask(model))
    expect(declined).toMatchObject({
      finish_reason: 'content_filter',
      message: { content: null, refusal: expect.any(String) },
    })
  })
})

describe('a schema that cannot be used', () => {
  it('is refused before the model is asked', async () => {
    const before = test.model.requests.length
    const response = await test.chat(ask(NATIVE, format({ properties: { a: { type: 'strin' } } })))
    expect(response.status).toBe(400)
    expect(errorBody.parse(await response.json()).error).toMatchObject({
      code: 'invalid_json_schema',
      param: 'response_format',
      message: expect.stringMatching(
        /^Invalid schema for response_format 'thing': In context=\('properties', 'a', 'type'\)/,
      ),
    })
    expect(test.model.requests).toHaveLength(before)
  })
})
