import { once } from 'node:events'
import { connect, createServer } from 'node:net'
import { afterEach, expect, test } from 'vitest'
import { listen, type Listening } from '../../src/http/listen.ts'
import { createLogger } from '../../src/log.ts'
import { errorBodySchema } from '../../src/wire/error-body.ts'
import { createTestApp, dial, rawChat, rawRequest, serve, type TestAppOptions } from '../support/app.ts'
import { saysThenHangs } from '../support/fake-engine.ts'

const log = createLogger({ level: 'silent', pretty: false })
const opened: { close: () => unknown }[] = []

afterEach(async () => {
  for (const one of opened.splice(0)) await one.close()
})

async function start(options?: TestAppOptions): Promise<Listening> {
  const server = await serve(createTestApp(options))
  opened.push({
    close: () => {
      server.cut()
      return server.close()
    },
  })
  return server
}

/** Takes a port whose next one is likely free. */
async function takePort(): Promise<number> {
  const server = createServer()
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  opened.push(server)
  const address = server.address()
  if (typeof address !== 'object' || address === null) throw new Error('no port')
  return address.port
}

/** What comes back for the bytes, and the error in it. */
async function exchange(port: number, bytes: string) {
  const { socket, closed } = dial(port)
  socket.write(bytes)
  const text = await closed
  const [head = '', body = ''] = text.split('\r\n\r\n')
  return { head: head.toLowerCase(), error: errorBodySchema.parse(JSON.parse(body)).error }
}

test('garbage behind a second request cuts the connection, and gets into no answer that is under way', async () => {
  const { port } = await start({ script: saysThenHangs('Hello') })
  const { socket, received, closed } = dial(port)
  socket.write(rawChat({ stream: true }))
  await received('Hello')
  socket.write(`${rawChat({ stream: true })}nonsense\r\n\r\n`)
  expect((await closed).match(/HTTP\/1\.1/g)).toHaveLength(1)
})

test('thirty requests at once on one connection are no leak', async () => {
  const warnings: Error[] = []
  const note = (warning: Error) => warnings.push(warning)
  process.on('warning', note)
  const { port } = await start()
  const { socket, closed } = dial(port)
  socket.write(rawRequest('GET /health').repeat(30) + rawRequest('GET /health', '', ['connection: close']))
  expect((await closed).match(/HTTP\/1\.1 200/g)).toHaveLength(31)
  process.off('warning', note)
  expect(warnings).toEqual([])
})

test('an expectation that nobody knows is ignored', async () => {
  const { port } = await start()
  const { socket, closed } = dial(port)
  socket.write(rawRequest('GET /health', '', ['expect: miracles', 'connection: close']))
  expect(await closed).toMatch(/^HTTP\/1\.1 200 /)
})

test('a free port is taken as asked', async () => {
  const server = await start()
  expect(server.moved).toBe(false)
  expect(server.url).toBe(`http://127.0.0.1:${server.port}`)
  expect((await fetch(`${server.url}/health`)).status).toBe(200)
})

test('a taken port moves the server to a later one, and says so', async () => {
  const taken = await takePort()
  const server = await listen(createTestApp().app, { host: '127.0.0.1', port: taken, strictPort: false, log })
  opened.push(server)
  expect(server.moved).toBe(true)
  expect(server.port).toBeGreaterThan(taken)
})

test('a taken port is an error when it is strict', async () => {
  const taken = await takePort()
  const listening = listen(createTestApp().app, { host: '127.0.0.1', port: taken, strictPort: true, log })
  await expect(listening).rejects.toMatchObject({ code: 'EADDRINUSE' })
})

test('closing ends idle connections and refuses new ones', async () => {
  const server = await start()
  const { socket, received, closed } = dial(server.port)
  socket.write(rawRequest('GET /health'))
  await received('"ok"')
  await server.close()
  await closed
  await expect(fetch(`${server.url}/health`)).rejects.toThrow('fetch failed')
})

test('bytes that are no HTTP get an error in our shape', async () => {
  const { port } = await start()
  const { head, error } = await exchange(port, 'nonsense\r\n\r\n')
  expect(head).toMatch(/^http\/1\.1 400 /)
  expect(head).toMatch(/x-request-id: req_[0-9a-f]{32}/)
  expect(head).toMatch(/openai-version: 2020-10-01/)
  expect(head).toMatch(/openai-processing-ms: \d/)
  expect(error.code).toBe('bad_request')
})

test('a caller of nonsense who never closes its side does not keep the connection', { timeout: 5000 }, async () => {
  const server = await start()
  const socket = connect({ host: '127.0.0.1', port: server.port, allowHalfOpen: true })
  socket.write('nonsense\r\n\r\n')
  await once(socket.resume(), 'end')
  // Resolves with the last connection.
  await server.close()
  socket.destroy()
})

test('headers beyond 16 KB get an error in our shape', async () => {
  const { port } = await start()
  const { head, error } = await exchange(port, rawRequest('GET /health', '', [`x-long: ${'x'.repeat(20_000)}`]))
  expect(head).toMatch(/^http\/1\.1 431 /)
  expect(error.code).toBe('bad_request')
})

test('two lengths that contradict each other are refused', async () => {
  const { port } = await start()
  const headers = ['content-type: application/json', 'content-length: 2', 'transfer-encoding: chunked']
  const { head } = await exchange(port, rawRequest('POST /v1/chat/completions', '', headers))
  expect(head).toMatch(/^http\/1\.1 400 /)
})

test.each([
  ['no Host', 'GET /health HTTP/1.1\r\nconnection: close\r\n\r\n'],
  ['two Hosts', 'GET /health HTTP/1.1\r\nhost: localhost\r\nhost: evil.example\r\nconnection: close\r\n\r\n'],
  ['two equal Hosts', 'GET /health HTTP/1.1\r\nhost: localhost\r\nhost: localhost\r\nconnection: close\r\n\r\n'],
  ['an odd Host', 'GET /health HTTP/1.1\r\nhost: localhost/#@x\r\nconnection: close\r\n\r\n'],
  ['a Host with credentials', 'GET /health HTTP/1.1\r\nhost: a@localhost\r\nconnection: close\r\n\r\n'],
  ['an empty Host', 'GET /health HTTP/1.1\r\nhost:\r\nconnection: close\r\n\r\n'],
])('a request with %s is none', async (_, bytes) => {
  const { port } = await start()
  const { head, error } = await exchange(port, bytes)
  expect(head).toMatch(/^http\/1\.1 400 /)
  expect(error.code).toBe('bad_request')
})

test('a tunnel is refused, with an answer', async () => {
  const { port } = await start()
  const { head, error } = await exchange(port, 'CONNECT evil.example:443 HTTP/1.1\r\nhost: evil.example:443\r\n\r\n')
  expect(head).toMatch(/^http\/1\.1 400 /)
  expect(head).toMatch(/x-request-id: req_/)
  expect(error.code).toBe('bad_request')
})

test.each([
  'http://evil.example/health',
  'http://localhost/health',
  '//evil.example/health',
  '//v1/models',
  '/v1/../health',
  '/v1/%2e%2e/health',
  '/v1/..%2fhealth/../../health',
  '/v1\\models',
  '/health#x',
  '*',
])('the target %s is refused, not rewritten', async (target) => {
  const { port } = await start()
  const { head, error } = await exchange(port, rawRequest(`GET ${target}`, '', ['connection: close']))
  expect(head).toMatch(/^http\/1\.1 400 /)
  expect(head).toMatch(/x-request-id: req_/)
  expect(error.code).toBe('bad_request')
})

test('a body declared too large is answered before it is sent', async () => {
  const { port } = await start({ settings: { MAX_BODY_BYTES: '2000' } })
  const { socket, received } = dial(port)
  socket.write(
    rawRequest('POST /v1/chat/completions', '', ['content-type: application/json', 'content-length: 5000000']),
  )
  const text = await received('request_too_large')
  expect(text).toMatch(/^HTTP\/1\.1 413 /)
  socket.destroy()
})

test('a caller that goes on sending a body that is too large still gets its answer', async () => {
  const { url } = await start({ settings: { MAX_BODY_BYTES: '100000' } })
  const headers = { 'content-type': 'application/json' }
  const body = `{"user":"${'x'.repeat(8_000_000)}"}`
  const response = await fetch(`${url}/v1/chat/completions`, { method: 'POST', headers, body })
  expect(response.status).toBe(413)
})

test('an id with slashes, encoded or not, reaches the model endpoint', async () => {
  const { url } = await start({ settings: { MODEL_ALIASES: '{"openai/gpt 4o":"sonnet"}' } })
  for (const id of ['openai/gpt%204o', 'openai%2Fgpt%204o', 'openai%2fgpt%204o/']) {
    const response = await fetch(`${url}/v1/models/${id}`)
    expect(await response.json()).toMatchObject({ id: 'openai/gpt 4o' })
  }
})

test('a client that asks for 100-continue is served', async () => {
  const { port } = await start()
  const body = JSON.stringify({ model: 'sonnet', messages: [{ role: 'user', content: 'Hi' }] })
  const head = [
    'content-type: application/json',
    `content-length: ${body.length}`,
    'expect: 100-continue',
    'connection: close',
  ]
  const { socket, received, closed } = dial(port)
  socket.write(rawRequest('POST /v1/chat/completions', '', head))
  await received('100 Continue')
  socket.write(body)
  expect(await closed).toContain('HTTP/1.1 200 OK')
})
