/** Real connections: what a caller's FIN and RST do at each stage of a request. */
import { afterEach, expect, test } from 'vitest'
import type { Listening } from '../../src/http/listen.ts'
import { createTestApp, dial, eventsOf, rawChat, rawRequest, serve, type TestApp } from '../support/app.ts'
import { deaf, says, saysThenHangs } from '../support/fake-engine.ts'

let server: Listening | undefined

afterEach(async () => {
  server?.cut()
  await server?.close()
})

async function start(app: TestApp): Promise<number> {
  server = await serve(app)
  return server.port
}

const LEAVE = { FIN: 'end', RST: 'resetAndDestroy' } as const

test('leaving while the answer is held to its schema ends the request at once', async () => {
  const app = createTestApp({ script: says(`"${'a'.repeat(60)}!"`) })
  const line = app.nextAccess()
  const { socket } = dial(await start(app))
  const schema = { type: 'string', pattern: '^(a+)+$' }
  socket.write(rawChat({ response_format: { type: 'json_schema', json_schema: { name: 'endless', schema } } }))
  await app.engine.ended
  const began = performance.now()
  socket.end()
  expect(await line).toMatchObject({ status: 499, outcome: 'client_closed_request' })
  expect(performance.now() - began).toBeLessThan(1000)
})

for (const [name, leave] of Object.entries(LEAVE)) {
  for (const stream of [true, false]) {
    const kind = stream ? 'streaming' : 'plain'

    test(`${name} before the first event stops the turn of a ${kind} request`, async () => {
      const app = createTestApp({ script: saysThenHangs() })
      const line = app.nextAccess()
      const { socket } = dial(await start(app))
      socket.write(rawChat({ stream }))
      await app.engine.begun
      const began = performance.now()
      socket[leave]()
      await app.engine.aborted
      await app.engine.ended
      expect(performance.now() - began).toBeLessThan(1000)
      expect(await line).toMatchObject({ status: 499, outcome: 'client_closed_request' })
    })
  }

  test(`${name} in mid-stream stops the turn`, async () => {
    const app = createTestApp({ script: saysThenHangs('Hello') })
    const line = app.nextAccess()
    const { socket, received } = dial(await start(app))
    socket.write(rawChat({ stream: true }))
    await received('Hello')
    const began = performance.now()
    socket[leave]()
    await app.engine.aborted
    await app.engine.ended
    expect(performance.now() - began).toBeLessThan(1000)
    expect(await line).toMatchObject({ status: 200, outcome: 'client_closed_request' })
  })

  test(`${name} while events pour out stops the turn`, async () => {
    const app = createTestApp({
      script: async function* (_, signal) {
        yield { type: 'start', model: 'm' }
        while (!signal.aborted) yield { type: 'text', text: 'x'.repeat(10_000) }
      },
    })
    const { socket, received } = dial(await start(app))
    socket.write(rawChat({ stream: true }))
    await received('xxx')
    socket[leave]()
    await app.engine.aborted
    await app.engine.ended
  })

  test(`${name} of a caller that does not read stops the turn`, async () => {
    const app = createTestApp({
      script: async function* (_, signal) {
        yield { type: 'start', model: 'm' }
        while (!signal.aborted) yield { type: 'text', text: 'x'.repeat(100_000) }
      },
    })
    const { socket, received } = dial(await start(app))
    socket.write(rawChat({ stream: true }))
    await received('xxx')
    socket.pause()
    socket[leave]()
    await app.engine.aborted
    await app.engine.ended
  })
}

test('a caller that leaves an engine that reacts to nothing is let go all the same', async () => {
  const app = createTestApp({ script: deaf })
  const line = app.nextAccess()
  const { socket } = dial(await start(app))
  socket.write(rawChat({ stream: true }))
  await app.engine.begun
  socket.resetAndDestroy()
  expect(await line).toMatchObject({ status: 499 })
})

test('a caller that leaves in mid-body never reaches the engine', async () => {
  const app = createTestApp()
  const line = app.nextAccess()
  const { socket } = dial(await start(app))
  socket.write(rawChat().slice(0, -5))
  socket.end()
  await line
  expect(app.engine.turns).toEqual([])
})

test('a slow reader holds the engine back', async () => {
  let produced = 0
  const app = createTestApp({
    script: async function* (_, signal) {
      yield { type: 'start', model: 'm' }
      while (!signal.aborted) {
        produced += 100_000
        yield { type: 'text', text: 'x'.repeat(100_000) }
        // Lets the network have its turn, as a model does.
        await new Promise(setImmediate)
      }
    },
  })
  const { socket, received } = dial(await start(app))
  socket.write(rawChat({ stream: true }))
  await received('xxx')
  socket.pause()
  let before = -1
  while (before !== produced) {
    before = produced
    for (let turn = 0; turn < 2000; turn += 1) await new Promise(setImmediate)
  }
  // What the system's socket buffers take in, and no more.
  expect(produced).toBeLessThan(20_000_000)
  socket.destroy()
  await app.engine.ended
})

test('the connection closes right after [DONE]', async () => {
  const { socket, closed } = dial(await start(createTestApp({ script: says('Hello') })))
  socket.write(rawChat({ stream: true }))
  const text = await closed
  expect(text).toContain('data: [DONE]\n\n')
  expect(text.toLowerCase()).toContain('connection: close')
})

test('the connection of a failed stream closes after the error event', async () => {
  const app = createTestApp({ script: saysThenHangs('Hello'), settings: { MAX_TIMEOUT: '1000' } })
  const { socket, closed } = dial(await start(app))
  socket.write(rawChat({ stream: true }))
  const text = await closed
  expect(text).toContain('"code":"timeout"')
  expect(text).not.toContain('[DONE]')
})

test('each event of a stream arrives whole in one chunk of the transfer', async () => {
  const { socket, closed } = dial(await start(createTestApp({ script: says('Hello', ' there', '!') })))
  socket.write(rawChat({ stream: true }))
  const text = await closed
  const chunks = text.slice(text.indexOf('\r\n\r\n') + 4).split('\r\n')
  const payloads = chunks.filter((_, index) => index % 2 === 1).filter((payload) => payload !== '')
  for (const payload of payloads) {
    expect(payload.endsWith('\n\n')).toBe(true)
    expect(eventsOf(payload)).toHaveLength(1)
  }
})

test('a plain answer keeps its connection for the next request', async () => {
  const { socket, received, closed } = dial(await start(createTestApp()))
  socket.write(rawChat())
  await received('"chat.completion"')
  socket.write(rawRequest('GET /health', '', ['connection: close']))
  expect(await closed).toContain('{"status":"ok"')
})
