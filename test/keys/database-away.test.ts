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
