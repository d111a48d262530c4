/** How often callers may call. */
import OpenAI, { RateLimitError } from 'openai'
import { expect, test, vi } from 'vitest'
import { ROUTES } from '../../src/app.ts'
import { parseConfig } from '../../src/config.ts'
import { createClientAddress } from '../../src/http/client-address.ts'
import { ANONYMOUS } from '../../src/keys/authentication.ts'
import { FULL_GRANT } from '../../src/keys/grant.ts'
import { addressGroup } from '../../src/usage/address-group.ts'
import { createMinuteWindows } from '../../src/usage/minute-windows.ts'
import { chat, createTestApp, dial, errorOf, rawRequest, serve, type TestAppOptions } from '../support/app.ts'
import { bearer, createKeyedApp, terms } from '../support/keys.ts'
import { createTestRateLimits } from '../support/rate-limits.ts'

const limited = (more: TestAppOptions['settings'] = {}) =>
  createTestApp({ settings: { RATE_LIMIT_ENABLED: 'true', ...more } })

const headersOf = (response: Response) => ({
  limit: response.headers.get('x-ratelimit-limit-requests'),
  remaining: response.headers.get('x-ratelimit-remaining-requests'),
  reset: response.headers.get('x-ratelimit-reset-requests'),
})

test('the eleventh question in a minute is refused, and says when to come back', async () => {
  const { request, engine } = limited()
  for (let n = 9; n >= 0; n -= 1) {
    const response = await request('/v1/chat/completions', chat())
    expect(response.status).toBe(200)
    expect(headersOf(response)).toEqual({
      limit: '10',
      remaining: String(n),
      reset: expect.stringMatching(/^(1m0s|\d+s)$/),
    })
  }
  const refused = await request('/chat/completions', chat({ model: 7 }))
  expect(refused.status).toBe(429)
  const wait = Number(refused.headers.get('retry-after'))
  expect(wait).toBeGreaterThan(50)
  expect(wait).toBeLessThanOrEqual(60)
  expect(refused.headers.get('x-should-retry')).toBeNull()
  expect(headersOf(refused)).toMatchObject({ limit: '10', remaining: '0' })
  expect(await errorOf(refused)).toEqual({
    message: `Rate limit exceeded. Try again in ${wait} seconds.`,
    type: 'rate_limit_exceeded',
    param: null,
    code: 'too_many_requests',
    retry_after: wait,
  })
  expect(engine.turns).toHaveLength(10)
})

test('each class has a window of its own, which HEAD and the aliases share', async () => {
  const { request } = limited({ RATE_LIMIT_CHAT_PER_MINUTE: '1', RATE_LIMIT_HEALTH_PER_MINUTE: '2' })
  await request('/v1/completions', { ...chat(), body: JSON.stringify({ model: 'sonnet', prompt: 'Hi' }) })
  expect((await request('/v1/chat/completions', chat())).status).toBe(429)
  expect((await request('/chat/completions', chat())).status).toBe(429)
  expect((await request('/health')).status).toBe(200)
  expect((await request('/version', { method: 'HEAD' })).status).toBe(200)
  expect((await request('/ready')).status).toBe(429)
  expect((await request('/v1/models')).status).toBe(200)
})

const CHAT = ['/v1/chat/completions', '/v1/completions']
const DEBUG = ['/v1/compatibility', '/v1/debug/request']
const HEALTH = ['/health', '/ready', '/version']

/** The paths beside `general`, and its limit among the settings below. */
function limitOf(path: string): string {
  if (CHAT.includes(path)) return '11'
  if (DEBUG.includes(path)) return '12'
  if (path === '/v1/auth/status') return '13'
  if (path.startsWith('/v1/sessions')) return '14'
  return HEALTH.includes(path) ? '15' : '16'
}

test('every route and alias is held to the limit of its class, and says so also when it fails', async () => {
  const { request } = limited({
    RATE_LIMIT_CHAT_PER_MINUTE: '11',
    RATE_LIMIT_DEBUG_PER_MINUTE: '12',
    RATE_LIMIT_AUTH_PER_MINUTE: '13',
    RATE_LIMIT_SESSION_PER_MINUTE: '14',
    RATE_LIMIT_HEALTH_PER_MINUTE: '15',
    RATE_LIMIT_GENERAL_PER_MINUTE: '16',
  })
  for (const { method, path, aliases } of ROUTES) {
    for (const each of [path, ...aliases]) {
      const response = await request(each.replace(/\{\w+\}/, 'none'), { method })
      expect([each, response.headers.get('x-ratelimit-limit-requests')]).toEqual([each, limitOf(path)])
    }
  }
})

test('what is refused for another reason before it is counted as none', async () => {
  const { request } = limited({ API_KEY: 'the-key', RATE_LIMIT_GENERAL_PER_MINUTE: '1' })
  for (let n = 0; n < 3; n += 1) {
    expect((await request('/v1/models', { headers: bearer('wrong') })).status).toBe(401)
    expect((await request('/v1/models', { method: 'OPTIONS' })).status).toBe(204)
    expect((await request('/v1/models', { method: 'DELETE', headers: bearer('the-key') })).status).toBe(405)
    expect((await request('/v1/nowhere', { headers: bearer('the-key') })).status).toBe(404)
  }
  expect((await request('/v1/models', { headers: bearer('the-key') })).status).toBe(200)
  expect((await request('/v1/models', { headers: { 'x-api-key': 'the-key' } })).status).toBe(429)
})

test("a key's own limit takes the place of the settings', and no two keys share a window", async () => {
  await using subject = createKeyedApp({
    withLedger: true,
    settings: { RATE_LIMIT_ENABLED: 'true', RATE_LIMIT_CHAT_PER_MINUTE: '2', RATE_LIMIT_GENERAL_PER_MINUTE: '1' },
  })
  const { request, book } = subject
  const make = async (more: Parameters<typeof terms>[0]) => (await book.create(terms(more))).key
  const own = await make({ requestsPerMinute: 4 })
  const [one, two] = [await make({}), await make({})]
  const ask = async (key: string) => {
    const init = chat()
    const response = await request('/v1/chat/completions', {
      ...init,
      headers: { ...Object(init.headers), ...bearer(key) },
    })
    await response.text()
    return response
  }
  const statuses = async (key: string, times: number) => {
    const found = []
    for (let n = 0; n < times; n += 1) found.push((await ask(key)).status)
    return found
  }
  expect(await statuses(one, 3)).toEqual([200, 200, 429])
  expect(await statuses(two, 3)).toEqual([200, 200, 429])
  expect(await statuses(own, 5)).toEqual([200, 200, 200, 200, 429])
  expect(headersOf(await ask(own))).toMatchObject({ limit: '4', remaining: '0' })
  expect((await request('/v1/models', { headers: bearer(own) })).headers.get('x-ratelimit-limit-requests')).toBe('4')
})

test('a refusal is an ordinary line in the log, and is counted by class', async () => {
  const { request, log } = limited({ RATE_LIMIT_HEALTH_PER_MINUTE: '1' })
  for (let n = 0; n < 3; n += 1) await request('/health')
  const refusals = log.filter(({ outcome }) => outcome === 'too_many_requests')
  expect(refusals).toMatchObject([
    { level: 30, status: 429 },
    { level: 30, status: 429 },
  ])
  const numbers = await (await request('/metrics')).text()
  expect(numbers).toContain('dragoman_rate_limited_total{class="health"} 2')
  expect(numbers).toContain('dragoman_rate_limited_total{class="chat"} 0')
})

test('a listed web page can read what is left', async () => {
  const origin = 'https://app.example'
  const { request } = limited({ CORS_ORIGINS: `["${origin}"]` })
  const exposed = (await request('/v1/models', { headers: { origin } })).headers.get('access-control-expose-headers')
  for (const name of ['limit', 'remaining', 'reset']) expect(exposed).toContain(`x-ratelimit-${name}-requests`)
})

test('without limits there are no headers of any', async () => {
  const response = await createTestApp().request('/v1/models')
  expect(headersOf(response)).toEqual({ limit: null, remaining: null, reset: null })
})

test('the official client sees its error class, with the wait', async () => {
  await using listening = await serving(limited({ RATE_LIMIT_CHAT_PER_MINUTE: '1' }))
  const client = new OpenAI({ baseURL: `${listening.url}/v1`, apiKey: 'any', maxRetries: 0 })
  const ask = () => client.chat.completions.create({ model: 'sonnet', messages: [{ role: 'user', content: 'Hi' }] })
  await ask()
  const error: unknown = await ask().catch((caught: unknown) => caught)
  expect(error).toBeInstanceOf(RateLimitError)
  expect(error).toMatchObject({ code: 'too_many_requests', type: 'rate_limit_exceeded' })
  expect(error instanceof RateLimitError && error.headers.get('x-ratelimit-remaining-requests')).toBe('0')
})

test('a caller says by no header that it is another one', async () => {
  await using listening = await serving(limited({ RATE_LIMIT_GENERAL_PER_MINUTE: '2' }))
  const statuses = []
  for (const forwarded of ['1.1.1.1', '2.2.2.2, 3.3.3.3', 'x'.repeat(10_000)]) {
    statuses.push(await statusOf(listening.port, [`x-forwarded-for: ${forwarded}`, 'x-forwarded-for: 4.4.4.4']))
  }
  expect(statuses).toEqual([200, 200, 429])
})

test('behind a listed proxy each caller has its own window', async () => {
  const settings = { RATE_LIMIT_GENERAL_PER_MINUTE: '1', TRUSTED_PROXIES: '["loopback","10.0.0.0/8"]' }
  await using listening = await serving(limited(settings))
  const from = (forwarded: string) => statusOf(listening.port, [`x-forwarded-for: ${forwarded}`])
  expect(await from('1.1.1.1')).toBe(200)
  expect(await from('2.2.2.2, 10.1.2.3')).toBe(200)
  // What stands left of the first address that is no proxy's is the caller's own word.
  expect(await from('9.9.9.9, 1.1.1.1')).toBe(429)
  expect(await from('9.9.9.9, 2.2.2.2, 10.9.9.9')).toBe(429)
  expect(await from('junk, 3.3.3.3')).toBe(200)
})

test.each(['["nonsense"]', '["1.2.3.4/99"]', '"loopback"'])('TRUSTED_PROXIES=%s is refused at the start', (list) => {
  expect(() => limited({ TRUSTED_PROXIES: list })).toThrow('TRUSTED_PROXIES')
})

test('a list of proxies that cannot be read is no list', () => {
  expect(() => createClientAddress(['nonsense'])).toThrow(TypeError)
})

test.each([
  ['1.2.3.4', '1.2.3.4'],
  ['::ffff:1.2.3.4', '1.2.3.4'],
  ['2001:db8::1', '2001:db8:0:0'],
  ['2001:db8:0:0:ffff::9', '2001:db8:0:0'],
  ['2001:DB8:1:2:3:4:5:6', '2001:db8:1:2'],
  ['fe80::1%eth0', 'fe80:0:0:0'],
  ['::1', '0:0:0:0'],
  ['1.2.3.4:56789', '1.2.3.4'],
  ['[2001:db8::1]:443', '2001:db8:0:0'],
  ['[2001:db8::1]', '2001:db8:0:0'],
  ['junk'.repeat(30), 'junk'.repeat(30).slice(0, 45)],
  ['', ''],
])('the address %j counts as %j', (address, group) => {
  expect(addressGroup(address)).toBe(group)
})

test('a window ends a minute after it began, whatever the wall clock does', () => {
  let now = 1000
  const windows = createMinuteWindows(() => now)
  expect(windows.count('a', 1)).toEqual({ allowed: true, used: 1, resetMs: 60_000 })
  now += 59_999
  expect(windows.count('a', 1)).toEqual({ allowed: false, used: 1, resetMs: 1 })
  expect(windows.count('b', 1)).toMatchObject({ allowed: true, resetMs: 60_000 })
  now += 1
  expect(windows.count('a', 1)).toEqual({ allowed: true, used: 1, resetMs: 60_000 })
})

test('very many addresses share windows, so that their number is bounded', () => {
  const windows = createMinuteWindows(() => 0)
  const allowed = (from: number, to: number) => {
    let sum = 0
    for (let n = from; n < to; n += 1) if (windows.count(`name-${n}`, 1, 'crowd').allowed) sum += 1
    return sum
  }
  expect(allowed(0, 10_000)).toBe(10_000)
  const shared = allowed(10_000, 30_000)
  // All but a few of the shared ones have been met by then.
  expect(shared).toBeGreaterThan(3500)
  expect(shared).toBeLessThanOrEqual(4096)
  expect(windows.count('name-7', 2, 'crowd').used).toBe(2)
})

test('no number of addresses takes room from a key, or from another class', async () => {
  const limits = createTestRateLimits(
    parseConfig({}, { RATE_LIMIT_ENABLED: 'true', RATE_LIMIT_HEALTH_PER_MINUTE: '1' }),
  )
  const from = (network: number) => ({
    principal: ANONYMOUS,
    grant: FULL_GRANT,
    hasKey: false,
    address: `2001:db8:${network.toString(16)}::1`,
  })
  const flood = Array.from({ length: 30_000 }, (_, network) => from(network))
  for (const caller of flood) await limits.count(caller, 'health')
  expect(await limits.count(from(30_001), 'chat')).toMatchObject({ allowed: true, remaining: 9 })
  const alice = { principal: { id: 'alice' }, grant: FULL_GRANT, hasKey: true, address: '2001:db8::1' }
  expect(await limits.count(alice, 'health')).toMatchObject({ allowed: true })
})

test('a wall clock that is set anew changes no wait', async () => {
  vi.useFakeTimers({ toFake: ['Date'], now: 0 })
  try {
    const { request } = limited({ RATE_LIMIT_GENERAL_PER_MINUTE: '1' })
    await request('/v1/models')
    for (const hours of [1, -1]) {
      vi.setSystemTime(hours * 3_600_000)
      const refused = await request('/v1/models')
      expect(refused.status).toBe(429)
      expect(Number(refused.headers.get('retry-after'))).toBeGreaterThan(50)
    }
  } finally {
    vi.useRealTimers()
  }
})

async function serving(app: ReturnType<typeof createTestApp>) {
  const listening = await serve(app)
  return {
    ...listening,
    [Symbol.asyncDispose]: async () => {
      listening.cut()
      await listening.close()
    },
  }
}

async function statusOf(port: number, headers: readonly string[]): Promise<number> {
  const connection = dial(port)
  connection.socket.write(rawRequest('GET /v1/models', '', [...headers, 'connection: close']))
  return Number((await connection.closed).split(' ', 2)[1])
}
