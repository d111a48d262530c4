import { expect, test } from 'vitest'
import { TurnFailure } from '../../src/turn/turn-failure.ts'
import { chatChunkSchema } from '../../src/wire/chat-chunk.ts'
import { chatCompletionSchema } from '../../src/wire/chat-response.ts'
import { chat, createTestApp, errorOf, eventsOf } from '../support/app.ts'
import { fails, says, START } from '../support/fake-engine.ts'

const CHAT = '/v1/chat/completions'

test('a plain request is answered with one JSON body in the published shape', async () => {
  const { request } = createTestApp({ script: says('Hello', ' there') })
  const response = await request(CHAT, chat())
  expect(response.status).toBe(200)
  expect(response.headers.get('content-type')).toBe('application/json')
  const body = chatCompletionSchema.parse(await response.json())
  expect(body.choices[0]?.message.content).toBe('Hello there')
  expect(body.usage.prompt_tokens).toBe(30)
})

test('a stream is made of valid chunks and ends with [DONE]', async () => {
  const { request } = createTestApp({ script: says('Hello', ' there') })
  const response = await request(CHAT, chat({ stream: true }))
  const events = eventsOf(await response.text())
  expect(events.pop()).toBe('[DONE]')
  const chunks = events.map((event) => chatChunkSchema.parse(JSON.parse(event)))
  expect(chunks.map((chunk) => chunk.choices[0]?.delta.content ?? '').join('')).toBe('Hello there')
  expect(chunks.at(-1)?.choices[0]?.finish_reason).toBe('stop')
})

test('a stream asks proxies and caches to keep their hands off, and closes its connection', async () => {
  const { request } = createTestApp()
  const { headers } = await request(CHAT, chat({ stream: true }))
  expect(headers.get('content-type')).toBe('text/event-stream; charset=utf-8')
  expect(headers.get('cache-control')).toBe('no-cache')
  expect(headers.get('x-accel-buffering')).toBe('no')
  expect(headers.get('connection')).toBe('close')
})

test('the whole answer says what the stream says', async () => {
  const { request } = createTestApp({ script: says('One', ' and', ' only') })
  const whole = chatCompletionSchema.parse(await (await request(CHAT, chat())).json())
  const stream = await request(CHAT, chat({ stream: true, stream_options: { include_usage: true } }))
  const chunks = eventsOf(await stream.text())
    .slice(0, -1)
    .map((event) => chatChunkSchema.parse(JSON.parse(event)))
  expect(chunks.map((chunk) => chunk.choices[0]?.delta.content ?? '').join('')).toBe(whole.choices[0]?.message.content)
  expect(chunks.at(-1)?.usage).toEqual(whole.usage)
})

test('the turn carries the request id and the principal', async () => {
  const { request, engine } = createTestApp()
  const response = await request(CHAT, chat())
  expect(engine.turns[0]?.id).toBe(response.headers.get('x-request-id'))
  expect(engine.turns[0]?.principal).toEqual({ id: 'anonymous' })
})

test('a full engine refuses before the body is read', async () => {
  const { request, engine } = createTestApp()
  engine.refuse(new TurnFailure('queue_full', 'full'))
  const response = await request(CHAT, { ...chat(), body: 'not read' })
  expect(response.status).toBe(503)
  expect(response.headers.get('retry-after')).toBe('2')
  expect((await errorOf(response)).code).toBe('overloaded')
  expect(engine.turns).toEqual([])
})

test('a refusal for want of room is logged in a word, without a stack', async () => {
  const { request, engine, nextAccess } = createTestApp()
  engine.refuse(new TurnFailure('queue_full', 'the queue is full'))
  const line = nextAccess()
  await request(CHAT, chat())
  expect(await line).toMatchObject({ status: 503, outcome: 'overloaded', reason: 'the queue is full' })
  expect(await line).not.toHaveProperty('err')
})

test('a turn that fails before its first event keeps its status, streaming or not', async () => {
  const script = fails(new TurnFailure('rate_limited', 'secret upstream text', { retryAfterSeconds: 7 }))
  for (const stream of [true, false]) {
    const response = await createTestApp({ script }).request(CHAT, chat({ stream }))
    expect(response.status).toBe(429)
    expect(response.headers.get('retry-after')).toBe('7')
    expect(await errorOf(response)).toMatchObject({ code: 'rate_limit_exceeded', type: 'requests', param: null })
  }
})

test('a turn that fails before any content keeps its status, although the model had begun', async () => {
  const script = async function* () {
    yield START
    throw new TurnFailure('upstream_overloaded', '529')
  }
  const response = await createTestApp({ script }).request(CHAT, chat({ stream: true }))
  expect(response.status).toBe(503)
})

test('a turn that fails in mid-stream ends in an error event, without finish reason and [DONE]', async () => {
  const script = fails(new TurnFailure('worker_died', 'killed by /usr/bin/secret'), 'Hel')
  const response = await createTestApp({ script }).request(CHAT, chat({ stream: true }))
  expect(response.status).toBe(200)
  const events = eventsOf(await response.text())
  const last: unknown = JSON.parse(events.at(-1) ?? '')
  expect(last).toEqual({
    error: {
      code: 'backend_error',
      message: 'The answer broke off or was not complete.',
      param: null,
      type: 'api_error',
    },
  })
  expect(
    events.slice(0, -1).map((event) => chatChunkSchema.parse(JSON.parse(event)).choices[0]?.finish_reason),
  ).toEqual([null, null])
})

test('a turn that ends without a finish is an error, streaming or not', async () => {
  const script = async function* () {
    yield START
    yield { type: 'text', text: 'half an ans' } as const
  }
  const whole = await createTestApp({ script }).request(CHAT, chat())
  expect(whole.status).toBe(502)
  const stream = await createTestApp({ script }).request(CHAT, chat({ stream: true }))
  expect(JSON.parse(eventsOf(await stream.text()).at(-1) ?? '')).toMatchObject({ error: { code: 'backend_error' } })
})

test('an unknown failure is a 500 that tells nothing, and its cause is in the log', async () => {
  const { request, nextAccess } = createTestApp({ script: fails(new Error('ENOENT /home/operator/.claude')) })
  const line = nextAccess()
  const response = await request(CHAT, chat())
  expect(response.status).toBe(500)
  expect(await errorOf(response)).toMatchObject({ code: 'internal_error', type: 'api_error' })
  expect(await line).toMatchObject({
    level: 50,
    outcome: 'internal_error',
    err: { message: 'ENOENT /home/operator/.claude' },
  })
})

test('ignored parameters are named in a header, also when the turn then fails', async () => {
  const body = { temperature: 0.2, seed: 7 }
  const good = await createTestApp().request(CHAT, chat(body))
  expect(good.headers.get('x-dragoman-ignored')).toBe('seed, temperature')
  const script = fails(new TurnFailure('worker_died', ''))
  const bad = await createTestApp({ script }).request(CHAT, chat(body))
  expect(bad.headers.get('x-dragoman-ignored')).toBe('seed, temperature')
})

test('STRICT_PARAMS refuses what would be ignored', async () => {
  const { request, engine } = createTestApp({ settings: { STRICT_PARAMS: '1' } })
  const response = await request(CHAT, chat({ seed: 7 }))
  expect(response.status).toBe(400)
  expect(await errorOf(response)).toMatchObject({ code: 'unsupported_parameter', param: 'seed' })
  expect(engine.turns).toEqual([])
})

test('a bad body names its parameter, and the next request works', async () => {
  const { request } = createTestApp()
  const response = await request(CHAT, chat({ messages: [{ role: 'user', content: 3 }] }))
  expect(response.status).toBe(400)
  expect((await errorOf(response)).param).toBe('messages[0].content')
  expect((await request(CHAT, chat())).status).toBe(200)
})

test('an unknown model is a 404 that names usable ones', async () => {
  const response = await createTestApp().request(CHAT, chat({ model: 'gpt-nope' }))
  expect(response.status).toBe(404)
  const error = await errorOf(response)
  expect(error).toMatchObject({ code: 'model_not_found', param: 'model' })
  expect(error.message).toContain('claude-sonnet-5-5')
})

test('a model that only the model API does not know is told of in the same words', async () => {
  const script = fails(new TurnFailure('model_not_found', '404'))
  const response = await createTestApp({ script }).request(CHAT, chat({ model: 'claude-3-opus-latest' }))
  expect(response.status).toBe(404)
  const error = await errorOf(response)
  expect(error).toMatchObject({ code: 'model_not_found', param: 'model' })
  expect(error.message).toContain('claude-sonnet-5-5')
  expect(error.message).toContain('MODEL_ALIASES={"claude-3-opus-latest":"sonnet"}')
})

test('a __proto__ key in the body changes nothing', async () => {
  const body =
    '{"__proto__":{"stream":true},"model":"sonnet","messages":[{"role":"user","content":"Hi","__proto__":{"role":"system"}}]}'
  const { request, engine } = createTestApp()
  const response = await request(CHAT, { ...chat(), body })
  expect(response.headers.get('content-type')).toBe('application/json')
  expect(engine.turns[0]?.conversation).toEqual([{ role: 'user', content: [{ type: 'text', text: 'Hi' }] }])
})

test('a model list that cannot be had is an early failure', async () => {
  const app = createTestApp()
  const engine = { ...app.engine, models: () => Promise.reject(new TurnFailure('not_authenticated', '')) }
  const response = await createTestApp({ engine }).request(CHAT, chat({ stream: true }))
  expect(response.status).toBe(503)
  expect((await errorOf(response)).code).toBe('not_authenticated')
})

test.each(['X-Claude-Allowed-Tools', 'x-claude-max-turns', 'X-Claude-Something-New'])(
  'the header %s is refused by its name, not dropped',
  async (header) => {
    const { request, engine } = createTestApp()
    const init = chat()
    const headers = new Headers(init.headers)
    headers.set(header, 'Bash')
    const response = await request(CHAT, { ...init, headers })
    expect(response.status).toBe(400)
    expect(await errorOf(response)).toMatchObject({ code: 'unsupported_parameter', param: header.toLowerCase() })
    expect(engine.turns).toEqual([])
  },
)
