/** What ends a request beside its answer and its caller: time and shutdown. And what fills its silence. */
import { expect, test } from 'vitest'
import { chat, createTestApp, errorOf, eventsOf } from '../support/app.ts'
import { deaf, FINISH, saysThenHangs, START } from '../support/fake-engine.ts'

const CHAT = '/v1/chat/completions'
const SHORT = { MAX_TIMEOUT: '1000' }

test('a plain request that takes too long is a 504 that is not worth a retry', async () => {
  const { request, engine } = createTestApp({ script: saysThenHangs('Hello'), settings: SHORT })
  const response = await request(CHAT, chat())
  expect(response.status).toBe(504)
  expect(response.headers.get('x-should-retry')).toBe('false')
  expect((await errorOf(response)).code).toBe('timeout')
  await engine.aborted
})

test('a stream that takes too long to begin is a 504, also when the engine reacts to nothing', async () => {
  const { request } = createTestApp({ script: deaf, settings: SHORT })
  expect((await request(CHAT, chat({ stream: true }))).status).toBe(504)
})

test('a stream that takes too long ends in an error event, and is told apart from a caller who left', async () => {
  const { request, engine, nextAccess } = createTestApp({ script: saysThenHangs('Hello'), settings: SHORT })
  const line = nextAccess()
  const text = await (await request(CHAT, chat({ stream: true }))).text()
  expect(JSON.parse(eventsOf(text).at(-1) ?? '')).toMatchObject({ error: { code: 'timeout' } })
  expect(text).not.toContain('[DONE]')
  await engine.ended
  expect(await line).toMatchObject({ outcome: 'timeout' })
})

test('a shutdown ends plain requests with a 503', async () => {
  const { request, engine, shutdown } = createTestApp({ script: saysThenHangs('Hello') })
  const response = request(CHAT, chat())
  await engine.begun
  shutdown.abort()
  expect((await response).status).toBe(503)
  await engine.ended
})

test('a shutdown ends streams with an error event', async () => {
  const { request, shutdown } = createTestApp({ script: saysThenHangs('Hello') })
  const response = await request(CHAT, chat({ stream: true }))
  shutdown.abort()
  const text = await response.text()
  expect(JSON.parse(eventsOf(text).at(-1) ?? '')).toMatchObject({ error: { code: 'overloaded' } })
  expect(text).not.toContain('[DONE]')
})

test('a model that is silent at first is bridged by comments, and its answer is whole', async () => {
  let speak = (): void => undefined
  const spoken = new Promise<void>((resolve) => {
    speak = resolve
  })
  const { request } = createTestApp({
    settings: { HEARTBEAT_INTERVAL: '50' },
    script: async function* () {
      await spoken
      yield START
      yield { type: 'text', text: 'Hello' }
      yield FINISH
    },
  })
  const response = await request(CHAT, chat({ stream: true }))
  expect(response.status).toBe(200)
  speak()
  const text = await response.text()
  expect(text.startsWith(': ping\n\n')).toBe(true)
  expect(eventsOf(text).at(-1)).toBe('[DONE]')
})

test('a failure after a comment is in the stream, as the status is gone', async () => {
  const { request } = createTestApp({ script: saysThenHangs(), settings: { ...SHORT, HEARTBEAT_INTERVAL: '50' } })
  const response = await request(CHAT, chat({ stream: true }))
  expect(response.status).toBe(200)
  expect(JSON.parse(eventsOf(await response.text()).at(-1) ?? '')).toMatchObject({ error: { code: 'timeout' } })
})

test('many requests at a time are no leak to Node', async () => {
  const warnings: Error[] = []
  const onWarning = (warning: Error): void => void warnings.push(warning)
  process.on('warning', onWarning)
  const { request, shutdown } = createTestApp({ script: saysThenHangs('Hello') })
  const responses = await Promise.all(Array.from({ length: 40 }, () => request(CHAT, chat({ stream: true }))))
  shutdown.abort()
  for (const response of responses) await response.text()
  process.off('warning', onWarning)
  expect(warnings).toEqual([])
})
