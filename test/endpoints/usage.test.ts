/** What keys took, through the app on a real database, with a fake engine that takes 30 and 7 tokens and 0.0123 USD each time. */
import { afterAll, beforeAll, expect, test } from 'vitest'
import { usageReportSchema } from '../../src/wire/usage-report.ts'
import type { UsageReport } from '../../src/wire/usage-report.ts'
import { chat, errorOf } from '../support/app.ts'
import { bearer, createKeyedApp, type KeyedApp, terms } from '../support/keys.ts'

let subject: KeyedApp
let admin: string
let alice: string
let bob: string
const today = new Date().toISOString().slice(0, 10)
const one = {
  requests: 1,
  failed: 0,
  num_model_requests: 1,
  input_tokens: 30,
  input_cached_tokens: 10,
  input_cache_write_tokens: 5,
  output_tokens: 7,
  reasoning_tokens: 2,
  cost: 0.0123,
}

const ask = async (key: string, body: Record<string, unknown> = {}): Promise<Response> => {
  const init = chat(body)
  return subject.request('/v1/chat/completions', { ...init, headers: { ...Object(init.headers), ...bearer(key) } })
}
const report = async (key: string, query = ''): Promise<UsageReport> =>
  usageReportSchema.parse(await (await subject.request(`/v1/usage${query}`, { headers: bearer(key) })).json())

beforeAll(async () => {
  subject = createKeyedApp({ withLedger: true })
  const make = async (more: Parameters<typeof terms>[0]) => (await subject.book.create(terms(more))).key
  admin = await make({ name: 'root', scopes: ['chat', 'admin'] })
  alice = await make({ name: 'alice', budgetDayUsd: 5, budgetMonthUsd: 0.02 })
  bob = await make({ name: 'bob' })
  for (const key of [alice, alice, bob]) await (await ask(key)).text()
  await (await ask(bob, { model: 7 })).text()
})
afterAll(() => subject[Symbol.asyncDispose]())

test('a key sees what it took, and what is left of its budgets', async () => {
  const { data, total, budgets, ...rest } = await report(alice)
  expect(rest).toEqual({ object: 'usage', start: expect.any(String), end: today })
  expect(data).toEqual([{ day: today, ...total }])
  expect(total).toMatchObject({ requests: 2, input_tokens: 60, cost: 0.0246 })
  expect(budgets).toMatchObject({
    day: { limit: 5, used: 0.0246, reserved: 0 },
    month: { limit: 0.02, used: 0.0246, reserved: 0 },
  })
})

test('a key with a budget that is used up gets 429 with when it resets, and no model is asked', async () => {
  const turns = subject.engine.turns.length
  const response = await ask(alice)
  expect(response.status).toBe(429)
  expect(response.headers.get('x-should-retry')).toBe('false')
  expect(await errorOf(response)).toMatchObject({
    type: 'insufficient_quota',
    code: 'insufficient_quota',
    message: expect.stringMatching(/^The budget of this API key for this month is used up\. It resets at /),
  })
  expect(subject.engine.turns.length).toBe(turns)
})

test('an admin key sees what all took, by key', async () => {
  const { data } = await report(admin, '?group_by=key,model')
  const rows = data.map(({ key, model, requests, failed }) => [key?.name, model ?? '', requests, failed])
  expect(rows.toSorted((a, b) => (JSON.stringify(a) < JSON.stringify(b) ? -1 : 1))).toEqual([
    ['alice', '', 1, 1],
    ['alice', 'claude-sonnet-5-5', 2, 0],
    ['bob', '', 1, 1],
    ['bob', 'claude-sonnet-5-5', 1, 0],
  ])
  expect(data.find(({ key, model }) => key?.name === 'bob' && model !== null)).toMatchObject(one)
})

test('days that have not come are empty', async () => {
  expect(await report(admin, '?start=2100-01-01&end=2100-01-31')).toMatchObject({ data: [], total: { requests: 0 } })
})

test.each([
  ['?group_by=day,hour', 'group_by'],
  ['?start=yesterday', 'start'],
])('%s is refused', async (query, param) => {
  const response = await subject.request(`/v1/usage${query}`, { headers: bearer(bob) })
  expect(response.status).toBe(400)
  expect(await errorOf(response)).toMatchObject({ code: 'invalid_value', param })
})
