import { describe, expect, test } from 'vitest'
import { createTestApp, errorOf } from '../support/app.ts'
import type { SettingName } from '../../src/config.ts'

type Settings = Partial<Record<SettingName, string>>

async function statusWith(headers: Record<string, string>, settings: Settings = {}, path = '/health'): Promise<number> {
  return (await createTestApp({ settings }).request(path, { headers })).status
}

describe('Host', () => {
  test.each([
    'localhost',
    'localhost:8000',
    'LocalHost',
    'localhost.',
    'localhost.:8000',
    '127.0.0.1',
    '127.0.0.1:1',
    '127.8.9.10',
    '[::1]',
    '[::1]:8000',
    '[0:0:0:0:0:0:0:1]',
  ])('%s is this machine', async (host) => {
    expect(await statusWith({ host })).toBe(200)
  })

  test.each([
    'evil.example',
    'localhost.evil.example',
    'evil.example:8000',
    '127.0.0.1.evil.example',
    '127.1',
    '2130706433',
    '0x7f.0.0.1',
    '10.0.0.1',
    '[::ffff:10.0.0.1]',
  ])('%j is refused', async (host) => {
    const response = await createTestApp().request('/health', { headers: { host } })
    expect(response.status).toBe(403)
    expect((await errorOf(response)).code).toBe('forbidden_host')
  })

  test.each([
    'localhost/#@x',
    'localhost@evil.example',
    'localhost#',
    'localhost?',
    'localhost localhost',
    'localhost, localhost',
    'localhost:',
    'localhost:x',
    'localhost:123456',
    'localhost..',
    '::1',
    '[::1',
    '[localhost]',
    '',
  ])('%j is none', async (host) => {
    const response = await createTestApp().request('/health', { headers: { host } })
    expect(response.status).toBe(400)
    expect((await errorOf(response)).code).toBe('bad_request')
  })

  test('listed names are served, whatever their case, port and trailing dot', async () => {
    const settings = { ALLOWED_HOSTS: '["Box.lan:8000","pi"]' }
    expect(await statusWith({ host: 'box.LAN.:1234' }, settings)).toBe(200)
    expect(await statusWith({ host: 'pi' }, settings)).toBe(200)
    expect(await statusWith({ host: 'x.box.lan' }, settings)).toBe(403)
  })

  test("the server's own address is served, another is not", async () => {
    const settings = { HOST: '192.168.1.5', API_KEY: 'key' }
    expect(await statusWith({ host: '192.168.1.5:8000' }, settings)).toBe(200)
    expect(await statusWith({ host: '192.168.1.6' }, settings)).toBe(403)
  })

  test('bound to every address, any address is served but no foreign name', async () => {
    const settings = { HOST: '0.0.0.0', API_KEY: 'key' }
    expect(await statusWith({ host: '192.168.1.6' }, settings)).toBe(200)
    expect(await statusWith({ host: '[fe80::1]:8000' }, settings)).toBe(200)
    expect(await statusWith({ host: 'evil.example' }, settings)).toBe(403)
  })
})

describe('Origin', () => {
  const LISTED = { CORS_ORIGINS: '["https://app.example"]' }

  test.each(['https://evil.example', 'null', 'http://localhost.evil.example', 'http://localhost:1', 'file://', 'x'])(
    '%s is refused',
    async (origin) => {
      const response = await createTestApp().request('/v1/models', { headers: { origin, host: 'localhost:8000' } })
      expect(response.status).toBe(403)
      expect((await errorOf(response)).code).toBe('forbidden_origin')
      expect(response.headers.get('access-control-allow-origin')).toBeNull()
    },
  )

  test.each([
    ['http://localhost:8000', 'localhost:8000'],
    ['https://localhost', 'localhost'],
    ['http://[::1]:8000', '[::1]:8000'],
  ])('a page of this server itself may call: %s', async (origin, host) => {
    const { status, headers } = await createTestApp().request('/v1/models', { headers: { origin, host } })
    expect(status).toBe(200)
    expect(headers.get('access-control-allow-origin')).toBeNull()
  })

  test.each([
    ['an image', 'cross-site', 'no-cors', 'image', 403],
    ['an image of a page on another port', 'same-site', 'no-cors', 'image', 403],
    ['a script', 'cross-site', 'no-cors', 'script', 403],
    ['a frame', 'cross-site', 'navigate', 'iframe', 403],
    ['a link that a person follows', 'cross-site', 'navigate', 'document', 200],
    ['an address that a person types', 'none', 'navigate', 'document', 200],
    ['a page of this server', 'same-origin', 'no-cors', 'image', 200],
  ])('%s names no origin, but the browser says where it comes from: %s', async (_, site, mode, dest, status) => {
    const headers = { 'sec-fetch-site': site, 'sec-fetch-mode': mode, 'sec-fetch-dest': dest }
    expect(await statusWith(headers, LISTED, '/v1/models')).toBe(status)
    expect(await statusWith(headers, { CORS_ORIGINS: '["*"]' }, '/v1/models')).toBe(200)
  })

  test('a listed origin may call and read the answer and its headers', async () => {
    const { request } = createTestApp({ settings: LISTED })
    const { status, headers } = await request('/v1/models', { headers: { origin: 'https://app.example' } })
    expect(status).toBe(200)
    expect(headers.get('access-control-allow-origin')).toBe('https://app.example')
    expect(headers.get('access-control-expose-headers')).toContain('x-request-id')
    expect(headers.get('vary')).toBe('origin')
  })

  test('a listed origin can read errors too', async () => {
    const { request } = createTestApp({ settings: { ...LISTED, API_KEY: 'key' } })
    const { status, headers } = await request('/v1/models', { headers: { origin: 'https://app.example' } })
    expect(status).toBe(401)
    expect(headers.get('access-control-allow-origin')).toBe('https://app.example')
  })

  test('a preflight of a listed origin needs no key and grants what clients send', async () => {
    const { request } = createTestApp({ settings: { ...LISTED, API_KEY: 'key' } })
    const { status, headers } = await request('/v1/chat/completions', {
      method: 'OPTIONS',
      headers: {
        origin: 'https://app.example',
        'access-control-request-method': 'POST',
        'access-control-request-headers': 'authorization,content-type,x-api-key,x-stainless-os,x-evil',
      },
    })
    expect(status).toBe(204)
    expect(headers.get('access-control-allow-methods')).toBe('POST, OPTIONS')
    expect(headers.get('access-control-allow-headers')).toBe('authorization, content-type, x-api-key, x-stainless-os')
  })

  test.each(['https://evil.example', 'null', 'https://app.example.evil.example'])(
    'a preflight of %s is refused',
    async (origin) => {
      const { request } = createTestApp({ settings: LISTED })
      const headers = { origin, 'access-control-request-method': 'POST' }
      const response = await request('/v1/chat/completions', { method: 'OPTIONS', headers })
      expect(response.status).toBe(403)
      expect(response.headers.get('access-control-allow-methods')).toBeNull()
    },
  )
})

describe('the key', () => {
  const settings = { API_KEY: 'correct-horse' }

  test.each([
    { authorization: 'Bearer correct-horse' },
    { authorization: 'bearer correct-horse' },
    { 'x-api-key': 'correct-horse' },
    { authorization: 'Bearer correct-horse', 'x-api-key': 'correct-horse' },
  ])('is taken from %j', async (headers) => {
    expect(await statusWith(headers, settings, '/v1/models')).toBe(200)
  })

  test.each([
    {},
    { authorization: 'Bearer wrong' },
    { authorization: 'Bearer' },
    { authorization: 'Basic Y29ycmVjdC1ob3JzZQ==' },
    { authorization: 'correct-horse' },
    { authorization: 'Bearer correct-horse, Bearer correct-horse' },
    { 'x-api-key': 'Correct-horse' },
    { authorization: 'Bearer correct-horse', 'x-api-key': 'wrong' },
    { authorization: 'Basic eDp5', 'x-api-key': 'correct-horse' },
    { cookie: 'api_key=correct-horse' },
  ])('is missing or wrong in %j', async (headers) => {
    const response = await createTestApp({ settings }).request('/v1/models', { headers })
    expect(response.status).toBe(401)
    expect(response.headers.get('www-authenticate')).toBe('Bearer')
    expect((await errorOf(response)).code).toBe('invalid_api_key')
  })

  test('is never taken from the URL', async () => {
    expect(await statusWith({}, settings, '/v1/models?api_key=correct-horse&key=correct-horse')).toBe(401)
  })

  test('makes a principal whose name does not tell it', async () => {
    const { request, nextAccess } = createTestApp({ settings })
    const line = nextAccess()
    await request('/v1/models', { headers: { 'x-api-key': 'correct-horse' } })
    expect((await line)['principal']).toMatch(/^key:[0-9a-f]{12}$/)
  })

  test('is asked for before anything is told of a route', async () => {
    expect(await statusWith({}, settings, '/v1/embeddings')).toBe(401)
    expect(await statusWith({}, settings, '/nowhere')).toBe(401)
  })

  test('is not needed on a keyless server, whatever key is sent', async () => {
    expect(await statusWith({ authorization: 'Bearer anything', 'x-api-key': 'else' }, {}, '/v1/models')).toBe(200)
  })
})
