/** Where requests are counted, and until when. */
import { expect, test } from 'vitest'
import { parseConfig } from '../../src/config.ts'
import { StoreUnavailable } from '../../src/store/store-unavailable.ts'
import { createMinuteWindows } from '../../src/usage/minute-windows.ts'
import { chat, createTestApp, errorOf } from '../support/app.ts'
import { bearer, createKeyedApp, terms } from '../support/keys.ts'
import { createTestRateLimits } from '../support/rate-limits.ts'

test('whoever hammers gets through when the minute is over', async () => {
  let now = 0
  const config = parseConfig({}, { RATE_LIMIT_ENABLED: 'true', RATE_LIMIT_GENERAL_PER_MINUTE: '1' })
  const { request } = createTestApp({ rateLimits: createTestRateLimits(config, { now: () => now }) })
  const statuses = []
  for (now of [0, 20_000, 40_000, 59_999, 60_000]) statuses.push((await request('/v1/models')).status)
  expect(statuses).toEqual([200, 429, 429, 429, 200])
})

test('a window that begins at a fraction of a millisecond is a minute, not more', () => {
  const first = 16_777.216_000_000_01
  const times = Array.from({ length: 1000 }, (_, n) => first + n * 0.937)
  const waits = times.map((now) => createMinuteWindows(() => now).count('a', 1).resetMs)
  expect(new Set(waits)).toEqual(new Set([60_000]))
})

test("while the database is away a key's own limit lets no question through, and counts other requests in memory", async () => {
  const countRequest = () => Promise.reject(new StoreUnavailable('away'))
  const rateLimits = createTestRateLimits(parseConfig({}), { allowances: { countRequest } })
  await using subject = createKeyedApp({ rateLimits })
  const { request, book, engine } = subject
  const { key } = await book.create(terms({ requestsPerMinute: 4 }))
  const { headers, ...init } = chat()
  const refused = await request('/v1/chat/completions', { ...init, headers: { ...Object(headers), ...bearer(key) } })
  expect(refused.status).toBe(503)
  expect((await errorOf(refused)).code).toBe('store_unavailable')
  expect(engine.turns).toHaveLength(0)
  const models = await request('/v1/models', { headers: bearer(key) })
  expect(models.headers.get('x-ratelimit-remaining-requests')).toBe('3')
})
