import { describe, expect, test } from 'vitest'
import { ROUTES } from '../../src/app.ts'
import { errorBodySchema } from '../../src/wire/error-body.ts'
import { createTestApp, errorOf } from '../support/app.ts'

const PLACES = ROUTES.flatMap(({ method, path, aliases, access }) =>
  [path, ...aliases].map((name) => ({ method, path: name.replace(/\{\w+\}/, 'sonnet'), access })),
)

describe.each(PLACES)('$method $path', ({ method, path, access }) => {
  const settings = { API_KEY: 'correct-horse' }
  const ask = (headers: Record<string, string> = {}) => createTestApp({ settings }).request(path, { method, headers })

  test('is behind the Host guard', async () => {
    const response = await ask({ host: 'evil.example', authorization: 'Bearer correct-horse' })
    expect(response.status).toBe(403)
  })

  test('is behind the Origin guard', async () => {
    const response = await ask({ origin: 'https://evil.example', authorization: 'Bearer correct-horse' })
    expect(response.status).toBe(403)
  })

  test(access === 'key' ? 'needs the key' : 'needs no key', async () => {
    expect((await ask()).status).toBe(access === 'key' ? 401 : 200)
  })

  test('carries a request id of our own, and the headers of every answer', async () => {
    const { headers } = await ask({ 'x-request-id': 'theirs', authorization: 'Bearer correct-horse' })
    expect(headers.get('x-request-id')).toMatch(/^req_[0-9a-f]{32}$/)
    expect(headers.get('openai-processing-ms')).toMatch(/^\d+$/)
    expect(headers.get('openai-version')).toBe('2020-10-01')
    expect(headers.get('x-content-type-options')).toBe('nosniff')
    expect(headers.get('cache-control')).toBe('no-store')
  })

  test('refuses another method and says which it takes', async () => {
    const response = await createTestApp().request(path, { method: 'PUT' })
    expect(response.status).toBe(405)
    expect(response.headers.get('allow')).toContain(method)
    expect((await errorOf(response)).code).toBe('method_not_supported')
  })

  test('answers OPTIONS without a key', async () => {
    const response = await createTestApp({ settings }).request(path, { method: 'OPTIONS' })
    expect(response.status).toBe(204)
    expect(response.headers.get('allow')).toContain(method)
  })

  test('tolerates a trailing slash', async () => {
    const { status } = await createTestApp().request(path === '/' ? path : `${path}/`, { method })
    expect([200, 400]).toContain(status)
  })

  test('writes one access log line with the pattern of the route', async () => {
    const { request, log } = createTestApp()
    await request(`${path}?key=secret-in-the-query`, { method })
    const lines = log.filter((line) => line['msg'] === 'request')
    expect(lines).toHaveLength(1)
    expect(ROUTES.map((route) => route.path)).toContain(lines[0]?.['route'])
    expect(JSON.stringify(log)).not.toContain('secret-in-the-query')
  })
})

test('an unknown path is a 404 in the shape of every error', async () => {
  const response = await createTestApp().request('/v1/nope?x=1')
  expect(response.status).toBe(404)
  expect(response.headers.get('x-should-retry')).toBe('false')
  const body = errorBodySchema.parse(await response.json())
  expect(body.error).toEqual({
    message: 'Invalid URL (GET /v1/nope).',
    type: 'invalid_request_error',
    param: null,
    code: 'unknown_url',
  })
})

test.each(['/v1/embeddings', '/v1/files/abc/content', '/v1/responses', '/v1/chat/completions/abc'])(
  '%s is known and not offered',
  async (path) => {
    for (const method of ['GET', 'POST']) {
      const response = await createTestApp().request(path, { method })
      expect(response.status).toBe(404)
      expect((await errorOf(response)).code).toBe('unsupported_endpoint')
    }
  },
)

test.each([
  '//v1/models',
  '/v1//models',
  '/v1/models//',
  '/v1/%2e%2e/health',
  '/v1/%2E/models',
  '/%5cx',
  '/v1/models%00',
  '/v1/modèles',
])('the odd path %s is refused, not rewritten', async (path) => {
  const { app } = createTestApp()
  const env = { incoming: { url: path, socket: { once: () => undefined } }, outgoing: { once: () => undefined } }
  const request = new Request(new URL(`http://localhost${path}`), { headers: { host: 'localhost' } })
  const response = await app.fetch(request, env)
  expect(response.status).toBe(400)
  expect((await errorOf(response)).code).toBe('bad_request')
})

test('the message of an error echoes no more than a little of a long path', async () => {
  const response = await createTestApp().request(`/${'x'.repeat(8000)}`)
  expect((await errorOf(response)).message.length).toBeLessThan(300)
})

test('HEAD answers like GET, without a body', async () => {
  const response = await createTestApp().request('/health', { method: 'HEAD' })
  expect(response.status).toBe(200)
  expect(await response.text()).toBe('')
})

test('while the server drains every answer closes its connection', async () => {
  const { request, engine } = createTestApp()
  engine.setStatus({ state: 'draining' })
  expect((await request('/health')).headers.get('connection')).toBe('close')
})
