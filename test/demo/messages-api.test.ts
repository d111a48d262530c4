import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type DemoModel, startDemoModel } from '../../src/demo/demo-model.ts'
import { foldMessage } from '../../src/demo/fold-message.ts'
import type { WireMessage } from '../../src/demo/message-events.ts'
import { startMessagesApi } from '../../src/demo/messages-api.ts'
import { ask, askStreaming, post, requestBody } from './messages-client.ts'

let demo: DemoModel
beforeAll(async () => {
  demo = await startDemoModel({ delayMs: 0 })
})
afterAll(() => demo.close())

const withoutIds = (message: WireMessage) => ({
  ...message,
  id: '',
  content: message.content.map((block) => (block.type === 'tool_use' ? { ...block, id: '' } : block)),
})

describe('streaming and not', () => {
  const tools = [
    {
      name: 'get_time',
      input_schema: { type: 'object', properties: { zone: { type: 'string' } }, required: ['zone'] },
    },
  ]
  it.each([
    ['words', {}],
    ['thinking', { model: 'claude-opus-5-5', output_config: { effort: 'max' } }],
    [
      'a hidden thought',
      {
        model: 'claude-opus-5-5',
        thinking: { type: 'adaptive', display: 'omitted' },
        output_config: { effort: 'max' },
      },
    ],
    ['a tool call', { tools, messages: [{ role: 'user', content: 'get_time in Rome' }] }],
    ['an answer that is cut short', { max_tokens: 3 }],
    ['a tool call that is cut short', { max_tokens: 1, tools, tool_choice: { type: 'any' } }],
    ['an answer that a stop sequence ends', { stop_sequences: ['demo'] }],
  ])('both give the same: %s', async (_title, more) => {
    const { message } = await ask(demo.url, more)
    const events = await askStreaming(demo.url, more)
    expect(withoutIds(foldMessage(events))).toEqual(withoutIds(message))
  })

  it("a stream has the API's events in their order", async () => {
    const types = (await askStreaming(demo.url)).map(({ type }) => type)
    const deltas = types.filter((type) => type === 'content_block_delta')
    expect(deltas.length).toBeGreaterThan(5)
    expect(types).toEqual([
      'message_start',
      'content_block_start',
      'ping',
      ...deltas,
      'content_block_stop',
      'message_delta',
      'message_stop',
    ])
  })

  it('a stream says how it ended and what it cost in its message_delta', async () => {
    const event = (await askStreaming(demo.url)).find(({ type }) => type === 'message_delta')
    expect(event).toMatchObject({ delta: { stop_reason: 'end_turn', stop_sequence: null }, usage: { input_tokens: 1 } })
  })

  it('the headers are those of a stream', async () => {
    const response = await post(demo.url, requestBody({ stream: true }))
    expect(response.headers.get('content-type')).toBe('text/event-stream; charset=utf-8')
    expect(response.headers.get('request-id')).toMatch(/^req_/)
    await response.text()
  })
})

describe('the outside', () => {
  it('HEAD / is 200', async () => {
    expect((await fetch(demo.url, { method: 'HEAD' })).status).toBe(200)
  })

  it.each([
    ['GET', '/v1/messages'],
    ['POST', '/v1/complete'],
    ['GET', '/'],
  ])("%s %s is the API's 404", async (method, path) => {
    const response = await fetch(`${demo.url}${path}`, { method })
    expect(response.status).toBe(404)
    expect(await response.json()).toMatchObject({
      type: 'error',
      error: { type: 'not_found_error', message: expect.any(String) },
    })
  })

  it('a body that is not JSON is a 400', async () => {
    const response = await post(demo.url, '{"model":')
    expect(response.status).toBe(400)
    expect(await response.json()).toMatchObject({ error: { type: 'invalid_request_error' } })
  })

  it('a request that breaks a rule gets the error with its request id', async () => {
    const response = await post(demo.url, requestBody({ max_tokens: 0 }))
    expect(response.status).toBe(400)
    expect(await response.json()).toEqual({
      type: 'error',
      error: { type: 'invalid_request_error', message: 'max_tokens: Input should be greater than or equal to 1' },
      request_id: response.headers.get('request-id'),
    })
  })

  it('a body above 32 MB is a 413', async () => {
    const response = await post(
      demo.url,
      requestBody({ messages: [{ role: 'user', content: 'x'.repeat(32 * 1024 ** 2) }] }),
    )
    expect(response.status).toBe(413)
    expect(await response.json()).toMatchObject({ error: { type: 'request_too_large' } })
  })

  it('hears at once that a caller has left', async () => {
    let left: () => void
    let came: () => void
    const hasLeft = new Promise<void>((resolve) => (left = resolve))
    const hasCome = new Promise<void>((resolve) => (came = resolve))
    const api = await startMessagesApi({
      onCall({ signal }) {
        signal.addEventListener('abort', () => left())
        came()
      },
    })
    const caller = new AbortController()
    const asked = post(api.url, requestBody(), caller.signal)
    await hasCome
    caller.abort()
    await expect(asked).rejects.toThrow('aborted')
    await hasLeft
    await api.close()
  })

  it('closing it cuts what is still open', async () => {
    const slow = await startDemoModel({ delayMs: 60_000 })
    const response = await post(slow.url, requestBody({ stream: true }))
    await slow.close()
    await expect(response.text()).rejects.toThrow('terminated')
  })
})
