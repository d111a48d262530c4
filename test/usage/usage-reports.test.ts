import { afterAll, beforeAll, expect, test } from 'vitest'
import { createUsageReports } from '../../src/usage/usage-reports.ts'
import { createTestStore, type TestStore } from '../support/store.ts'

let made: TestStore

beforeAll(() => {
  made = createTestStore()
})
afterAll(() => made[Symbol.asyncDispose]())

test('a report has ten thousand lines at most, and counts all in its sum', async () => {
  const sums = {
    requests: 1,
    failed: 0,
    calls: 1,
    input_tokens: 1,
    cache_read_tokens: 0,
    cache_write_tokens: 0,
    output_tokens: 1,
    reasoning_tokens: 0,
    cost_nano: 0,
  }
  const row = (n: number) => Object.assign({ day: '2030-12-31', principal: 'key:one', model: `model-${n}` }, sums)
  for (let first = 0; first < 10_500; first += 500) {
    const rows = Array.from({ length: 500 }, (_, n) => row(first + n))
    await made.store.run((db) => db.insertInto('usage_days').values(rows).execute())
  }
  const reports = createUsageReports(made.store)
  const { groups, total } = await reports.report({ from: '2030-12-31', to: '2030-12-31', groupBy: ['model'] })
  expect([groups.length, total.requests]).toEqual([10_000, 10_500])
})
