/** What callers see while PostgreSQL is away: known keys go on, nobody is told that a key is wrong, and it ends by itself. */
import { afterAll, beforeAll, expect, test, vi } from 'vitest'
import { newKey } from '../../src/keys/key-text.ts'
import { errorOf } from '../support/app.ts'
import { bearer, createKeyedApp, terms } from '../support/keys.ts'
import { startTestPostgres, type TestPostgres } from '../support/postgres.ts'

const MODELS = '/v1/models'
let postgres: TestPostgres

beforeAll(async () => {
  postgres = await startTestPostgres()
})
afterAll(() => postgres[Symbol.asyncDispose]())

test('known keys go on, unknown ones get a 503, and all is well when it is back', async () => {
  await using app = createKeyedApp({ url: await postgres.createDatabase(), settings: { API_KEY: 'correct-horse' } })
  await using keyless = createKeyedApp({ url: await postgres.createDatabase() })
  const known = await app.book.create(terms())
  const unseen = await app.book.create(terms())
  const status = async (key: string): Promise<number> => (await app.request(MODELS, { headers: bearer(key) })).status
  expect(await status(known.key)).toBe(200)
  expect((await keyless.request(MODELS)).status).toBe(200)

  await postgres.stop()
  await vi.waitUntil(() => app.store.status().state === 'away', { timeout: 5000, interval: 10 })
  expect(await status(known.key)).toBe(200)
  expect(await status('correct-horse')).toBe(200)
  expect(await status(unseen.key)).toBe(503)
  expect(await status(newKey(Buffer.alloc(32)))).toBe(503)
  expect((await keyless.request(MODELS)).status).toBe(200)
  const refused = await app.request(MODELS, { headers: bearer(unseen.key) })
  expect(refused.headers.get('retry-after')).toBe('2')
  expect((await errorOf(refused)).code).toBe('store_unavailable')
  expect(await (await app.request('/health')).json()).toEqual({ status: 'degraded' })
  expect((await app.request('/ready')).status).toBe(200)

  await postgres.start()
  await vi.waitUntil(async () => (await status(unseen.key)) === 200, { timeout: 5000, interval: 50 })
  expect(await status('wrong')).toBe(401)
})

test('a server that never reached it lets in API_KEY alone, and is not ready', async () => {
  const url = 'postgres://nobody:nothing@127.0.0.1:1/nowhere'
  await using keyless = createKeyedApp({ url })
  await using keyed = createKeyedApp({ url, settings: { API_KEY: 'correct-horse' } })
  expect((await keyless.request(MODELS)).status).toBe(503)
  expect((await keyed.request(MODELS, { headers: bearer('correct-horse') })).status).toBe(200)
  expect((await keyed.request(MODELS, { headers: bearer('another') })).status).toBe(503)
  expect((await keyed.request('/ready')).status).toBe(503)
  expect((await keyed.request('/health')).status).toBe(200)
})

test('a key that was seen is believed for so long, and then nobody is', async () => {
  await using app = createKeyedApp({ url: await postgres.createDatabase(), freshMs: 50, awayMs: 800 })
  const { key } = await app.book.create(terms())
  const status = async (): Promise<number> => (await app.request(MODELS, { headers: bearer(key) })).status
  expect(await status()).toBe(200)
  await postgres.stop()
  try {
    const since = performance.now()
    expect(await status()).toBe(200)
    await vi.waitUntil(() => performance.now() - since > 900, { timeout: 5000, interval: 20 })
    expect(await status()).toBe(503)
  } finally {
    await postgres.start()
  }
})

test('keys of another pepper in the database are warned of, once', async () => {
  const url = await postgres.createDatabase()
  await using one = createKeyedApp({ url, settings: { KEY_PEPPER: 'the pepper of the first' } })
  const { key } = await one.book.create(terms())
  await using two = createKeyedApp({ url, settings: { KEY_PEPPER: 'the pepper of the other' } })
  const status = async (): Promise<number> => (await two.request(MODELS, { headers: bearer(key) })).status
  expect(await status()).toBe(401)
  expect(await status()).toBe(401)
  const warnings = two.storeLog.filter(({ msg }) => String(msg).includes('another pepper'))
  expect(warnings).toHaveLength(1)
})
