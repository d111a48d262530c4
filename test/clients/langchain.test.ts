import { type AIMessageChunk, HumanMessage, SystemMessage, type ToolMessage } from '@langchain/core/messages'
import { tool } from '@langchain/core/tools'
import { ChatOpenAI } from '@langchain/openai'
import { beforeEach, describe, expect } from 'vitest'
import { z } from 'zod'
import { fills } from '../support/fills.ts'
import { fails, says, stalls } from '../support/scripted-model-answers.ts'
import type { TestServer } from '../support/server.ts'
import { it } from '../support/shared-server.ts'

let test: TestServer
let model: ChatOpenAI
it.beforeAll(({ server }) => {
  test = server
  model = new ChatOpenAI({
    model: 'sonnet',
    apiKey: test.apiKey,
    temperature: 0,
    maxRetries: 0,
    configuration: { baseURL: `${test.url}/v1`, fetch: test.fetch },
  })
})
beforeEach(() => test.model.forget())

const weather = tool(({ city }: { city: string }) => `${city}: sunny`, {
  name: 'weather',
  description: 'The weather of a city.',
  schema: z.object({ city: z.string() }),
})
const person = z.object({ name: z.string().describe('Its name.'), age: z.number().nullable() })

describe('@langchain/openai', () => {
  it('invokes with all that it tells of the answer', async () => {
    test.model.script(says('Hello Ann.'))
    const answer = await model.invoke([new HumanMessage('I am Ann.'), new SystemMessage('Be brief.')])
    expect(answer.text).toBe('Hello Ann.')
    expect(answer.usage_metadata).toMatchObject({ input_tokens: 10, output_tokens: 2, total_tokens: 12 })
    expect(answer.response_metadata).toMatchObject({ finish_reason: 'stop', model_name: 'claude-sonnet-5-5' })
  })

  it('streams, and its chunks add up', async () => {
    test.model.script(says(['Hel', 'lo', ' 👋🏽']))
    const stream = await model.stream('Hi')
    let whole: AIMessageChunk | undefined
    const texts: string[] = []
    for await (const chunk of stream) {
      if (chunk.text !== '') texts.push(chunk.text)
      whole = whole?.concat(chunk) ?? chunk
    }
    expect(texts).toEqual(['Hel', 'lo', ' 👋🏽'])
    expect(whole?.usage_metadata).toMatchObject({ input_tokens: 10, output_tokens: 3 })
  })

  it('goes through a round of tools', async () => {
    test.model.script(
      says('Both.', {
        calls: [
          { id: 'toolu_1', name: 'weather', input: { city: 'Rome' } },
          { id: 'toolu_2', name: 'weather', input: { city: 'Bern' } },
        ],
      }),
      says('Sunny in both.'),
    )
    const bound = model.bindTools([weather])
    const question = new HumanMessage('Where is it sunny?')
    const asked = await bound.invoke([question])
    const results: ToolMessage[] = []
    for (const call of asked.tool_calls ?? []) results.push(await weather.invoke({ ...call, type: 'tool_call' }))
    expect(results.map(({ text }) => text)).toEqual(['Rome: sunny', 'Bern: sunny'])
    const answer = await bound.invoke([question, asked, ...results])
    expect(answer.text).toBe('Sunny in both.')
  })

  it('streams a call in pieces that add up', async () => {
    test.model.script(says([], { calls: [{ id: 'toolu_1', name: 'weather', input: { city: 'Köln' } }] }))
    let whole: AIMessageChunk | undefined
    for await (const chunk of await model.bindTools([weather]).stream('Weather?')) whole = whole?.concat(chunk) ?? chunk
    expect(whole?.tool_calls).toMatchObject([{ name: 'weather', args: { city: 'Köln' }, id: 'call_1' }])
  })

  it.each(['functionCalling', 'jsonSchema', 'jsonMode'] as const)('fills a schema by %s', async (method) => {
    test.model.script(fills({ name: 'Ann', age: null }))
    const answer = await model
      .withStructuredOutput(person, { name: 'person', method })
      .invoke('Who am I? Answer as JSON.')
    expect(answer).toEqual({ name: 'Ann', age: null })
  })

  it('streams what fills a schema as it grows', async () => {
    test.model.script(fills({ name: 'Ann', age: 3 }))
    const grown: unknown[] = []
    const stream = await model
      .withStructuredOutput(person, { name: 'person', method: 'jsonSchema' })
      .stream('Who am I?')
    for await (const piece of stream) grown.push(piece)
    expect(grown.at(-1)).toEqual({ name: 'Ann', age: 3 })
  })

  it('asks a batch side by side', async () => {
    test.model.script(says('one'), says('one'))
    const answers = await model.batch(['A', 'B'])
    expect(answers.map(({ text }) => text)).toEqual(['one', 'one'])
  })

  it('raises an error that tells what it is', async () => {
    test.model.script(fails(429))
    await expect(model.invoke('Hi')).rejects.toMatchObject({ status: 429, code: 'rate_limit_exceeded' })
  })

  it('stops the model when it aborts', async () => {
    test.model.script(stalls(['Hel']))
    const leaving = new AbortController()
    const read = async (): Promise<void> => {
      for await (const chunk of await model.stream('Hi', { signal: leaving.signal }))
        if (chunk.text === 'Hel') leaving.abort()
    }
    await expect(read()).rejects.toThrow(/abort/i)
    await test.model.requests.at(-1)?.closed
  })
})
