import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type DemoModel, startDemoModel } from '../../src/demo/demo-model.ts'
import { ask, say } from './messages-client.ts'

let demo: DemoModel
beforeAll(async () => {
  demo = await startDemoModel({ delayMs: 0 })
})
afterAll(() => demo.close())

describe('the limits of the demo', () => {
  it('max_tokens cuts the answer, four characters a token', async () => {
    const { message, text } = await say(demo.url, 'hi', { max_tokens: 5 })
    expect(text).toHaveLength(20)
    expect(message).toMatchObject({ stop_reason: 'max_tokens', usage: { output_tokens: 5 } })
  })

  it('a stop sequence ends the answer and is not part of it', async () => {
    const { message, text } = await say(demo.url, 'hi', { stop_sequences: ['nowhere', ' model'] })
    expect(message).toMatchObject({ stop_reason: 'stop_sequence', stop_sequence: ' model' })
    expect(text).toBe("This is Dragoman's demo")
  })
})

describe('the usage of the demo', () => {
  it('input is counted from the text', async () => {
    const { message } = await say(demo.url, 'x'.repeat(400), { system: 'y'.repeat(40) })
    expect(message.usage).toMatchObject({
      input_tokens: 110,
      cache_read_input_tokens: 0,
      cache_creation_input_tokens: 0,
    })
  })

  it('a marked prefix is written to the cache once and read from then on', async () => {
    const system = [{ type: 'text', text: 'a long prompt '.repeat(1000), cache_control: { type: 'ephemeral' } }]
    const first = await say(demo.url, 'one', { system })
    const second = await say(demo.url, 'two', { system })
    expect(first.message.usage).toMatchObject({
      input_tokens: 1,
      cache_read_input_tokens: 0,
      cache_creation_input_tokens: 3500,
    })
    expect(second.message.usage).toMatchObject({
      input_tokens: 1,
      cache_read_input_tokens: 3500,
      cache_creation_input_tokens: 0,
    })
  })

  it('a conversation that goes on reads what its last turn wrote', async () => {
    const mark = { cache_control: { type: 'ephemeral' } }
    const opening = { type: 'text', text: 'once upon a time '.repeat(1000) }
    const first = await ask(demo.url, { messages: [{ role: 'user', content: [{ ...opening, ...mark }] }] })
    const messages = [
      { role: 'user', content: [opening] },
      { role: 'assistant', content: 'Yes?' },
      { role: 'user', content: [{ type: 'text', text: 'go on!!!', ...mark }] },
    ]
    const second = await ask(demo.url, { messages })
    expect(second.message.usage.cache_read_input_tokens).toBe(first.message.usage.cache_creation_input_tokens)
    expect(second.message.usage.cache_creation_input_tokens).toBe(3)
  })
})
