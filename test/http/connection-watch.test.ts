/** What a connection may not be used for, over real ones. */
import { setTimeout as delay } from 'node:timers/promises'
import { afterEach, expect, test, vi } from 'vitest'
import { listen, type Listening } from '../../src/http/listen.ts'
import { createLogger } from '../../src/log.ts'
import { createTestApp, dial, rawChat, rawRequest, type TestAppOptions } from '../support/app.ts'
import { FINISH, says, START, type Script } from '../support/fake-engine.ts'

let server: Listening | undefined

afterEach(async () => {
  server?.cut()
  await server?.close()
})

async function start(options?: TestAppOptions, stallMs?: number): Promise<number> {
  const log = createLogger({ level: 'silent', pretty: false })
  const stall = stallMs === undefined ? {} : { stallMs }
  server = await listen(createTestApp(options).app, { host: '127.0.0.1', port: 0, strictPort: true, log, ...stall })
  return server.port
}

/** All that comes back for the bytes until the server closes. */
async function answersTo(bytes: string, options?: TestAppOptions): Promise<string> {
  const { socket, closed } = dial(await start(options))
  socket.write(bytes)
  return closed
}

const statuses = (text: string): string[] => [...text.matchAll(/HTTP\/1\.1 (\d+)/g)].map(([, status]) => status ?? '')

test('a connection with more than 50 requests at once is cut', async () => {
  expect(statuses(await answersTo(rawRequest('GET /health').repeat(60)))).toHaveLength(0)
})

test('more than 100 headers are refused, not left out', async () => {
  const many = Array.from({ length: 1200 }, () => 'a: b')
  const text = await answersTo(rawRequest('GET /health', '', [...many, 'origin: https://evil.example']))
  expect(statuses(text)).toEqual(['431'])
})

test.each([
  ['identity, chunked', '1.1'],
  ['gzip, chunked', '1.1'],
  ['chunked', '1.0'],
])('the transfer coding %j of HTTP/%s is refused, and the connection ends', async (coding, version) => {
  const head = `POST /v1/chat/completions HTTP/${version}\r\nhost: localhost\r\ncontent-type: application/json\r\n`
  const text = await answersTo(`${head}transfer-encoding: ${coding}\r\n\r\n0\r\n\r\n${rawRequest('GET /health')}`)
  expect(statuses(text)).toEqual(['400'])
  expect(text).toContain('"code":"bad_request"')
})

test('a request that has its answer gets no second one for the rest of its body', async () => {
  const head = 'POST /v1/chat/completions HTTP/1.1\r\nhost: localhost\r\ncontent-type: application/json\r\n'
  const { socket, received, closed } = dial(await start({ settings: { API_KEY: 'key' } }))
  socket.write(`${head}transfer-encoding: chunked\r\n\r\n2\r\n{}\r\n`)
  await received('invalid_api_key')
  socket.write('no length\r\n')
  expect(statuses(await closed)).toEqual(['401'])
})

test('a caller that goes on sending after it was refused gets the refusal, also if it asked to close', async () => {
  const { socket, closed } = dial(await start({ settings: { API_KEY: 'key' } }))
  const body = `{"user":"${'x'.repeat(8_000_000)}"}`
  socket.pause().write(rawRequest('POST /v1/chat/completions', body, ['connection: close']))
  await vi.waitUntil(() => socket.destroyed || socket.writableLength === 0, { timeout: 10_000, interval: 10 })
  socket.resume()
  expect(statuses(await closed)).toEqual(['401'])
})

test('a caller that takes nothing of a whole answer is cut', async () => {
  const { socket, closed } = dial(await start({ script: says('x'.repeat(30_000_000)) }, 100))
  socket.write(rawChat())
  await new Promise((resolve) => socket.once('data', resolve))
  socket.pause()
  // Resolves when no connection is left.
  await server?.close()
  socket.resume()
  expect((await closed).length).toBeLessThan(30_000_000)
})

test('closing lets a slow reader have the rest of its answer', async () => {
  const { socket, closed } = dial(await start({ script: says('x'.repeat(20_000_000)) }))
  socket.write(rawChat())
  await new Promise((resolve) => socket.once('data', resolve))
  socket.pause()
  const closing = server?.close()
  socket.resume()
  expect((await closed).length).toBeGreaterThan(20_000_000)
  await closing
})

const late: Script = async function* () {
  await delay(300)
  yield START
  yield { type: 'text', text: 'Thought.' }
  yield FINISH
}

test('a caller that waits for a slow answer is not cut', async () => {
  const { socket, received } = dial(await start({ script: late }, 50))
  socket.write(rawChat())
  expect(await received('Thought.')).toMatch(/^HTTP\/1\.1 200 /)
  socket.destroy()
})
