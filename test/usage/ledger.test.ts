/** The same facts of the ledger on both databases. */
import { readdirSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest'
import { sumUsage } from '../../src/store/usage-table.ts'
import { allRows, answer, aRequest, OK, createLedgerOn, estimate, spent } from '../support/ledger-on-store.ts'
import { startTestPostgres, type TestPostgres } from '../support/postgres.ts'
import { createTestStore } from '../support/store.ts'

let postgres: TestPostgres

beforeAll(async () => {
  postgres = await startTestPostgres()
})
afterAll(() => postgres[Symbol.asyncDispose]())

const files = (dataFolder: string): string[] => readdirSync(join(dataFolder, 'usage'))
const today = new Date().toISOString().slice(0, 10)

describe.each(['sqlite', 'postgres'] as const)('%s', (kind) => {
  const create = async () => {
    const made = createTestStore(kind === 'sqlite' ? undefined : await postgres.createDatabase())
    const ledger = createLedgerOn(made.store, made.dataFolder)
    return {
      ...made,
      ledger,
      [Symbol.asyncDispose]: async () => {
        await ledger.close(1000)
        await made[Symbol.asyncDispose]()
      },
    }
  }

  test('a request that asked a model is a row, and part of the sums of its day', async () => {
    await using subject = await create()
    const { ledger, store } = subject
    const request = aRequest()
    const meter = ledger.open(request)
    meter.note({ endUser: 'alice', firstTokenMs: 5 })
    const question = await meter.reserve(estimate(0.05))
    const first = question.attempt('sonnet')
    first.took(spent())
    first.ended()
    const second = question.attempt('sonnet')
    second.took({ ...spent({ outputTokens: 100, costUsd: 0.02 }), isEstimate: true })
    second.ended()
    meter.end(OK)
    await vi.waitUntil(async () => (await allRows(store)).length === 1, { timeout: 5000, interval: 10 })
    const counts = {
      calls: 2,
      inputTokens: 60,
      cacheReadTokens: 20,
      cacheWriteTokens: 10,
      outputTokens: 107,
      reasoningTokens: 4,
      costNano: 30_000_000,
    }
    expect(await allRows(store)).toEqual([
      {
        id: request.id,
        at: expect.any(Number),
        principal: 'key:one',
        keyId: 'one',
        session: null,
        endUser: 'alice',
        endpoint: '/v1/chat/completions',
        model: 'claude-sonnet-5-5',
        isEstimate: true,
        ...counts,
        ms: 12,
        firstTokenMs: 5,
        status: 200,
        outcome: 'ok',
      },
    ])
    const sums = await store.run((db) =>
      sumUsage(db, { from: today, to: today, groupBy: ['day', 'principal', 'model'] }, 10),
    )
    expect(sums).toEqual([
      { day: today, principal: 'key:one', model: 'claude-sonnet-5-5', requests: 1, failed: 0, ...counts },
    ])
  })

  test('what a call takes after the answer has ended counts too', async () => {
    await using subject = await create()
    const { ledger, store } = subject
    const meter = ledger.open(aRequest())
    const attempt = (await meter.reserve(estimate(0.05))).attempt('sonnet')
    meter.end({ status: 499, outcome: 'client_closed_request', ms: 3 })
    await answer(ledger, aRequest())
    await vi.waitUntil(async () => (await allRows(store)).length === 1, { timeout: 5000, interval: 10 })
    attempt.took(spent())
    attempt.ended()
    await vi.waitUntil(async () => (await allRows(store)).length === 2, { timeout: 5000, interval: 10 })
    expect((await allRows(store))[0]).toMatchObject({ outcome: 'client_closed_request', inputTokens: 30 })
  })

  test('a request that asked no model has a row where its route asks models, and none elsewhere', async () => {
    await using subject = await create()
    const { ledger, store } = subject
    ledger.open(aRequest({ isAlwaysRecorded: false })).end(OK)
    ledger.open(aRequest()).end({ status: 400, outcome: 'invalid_type', ms: 1 })
    await vi.waitUntil(async () => (await allRows(store)).length > 0, { timeout: 5000, interval: 10 })
    expect(await allRows(store)).toMatchObject([{ outcome: 'invalid_type', calls: 0, model: null, costNano: 0 }])
  })

  test('models that callers make up are in their rows, and no sums of their own', async () => {
    await using subject = await create()
    const { ledger, store } = subject
    for (const name of ['claude-made-up-1', 'claude-made-up-2']) {
      const meter = ledger.open(aRequest())
      const question = await meter.reserve(estimate(0.05))
      question.attempt(name).ended()
      meter.end({ status: 404, outcome: 'model_not_found', ms: 1 })
    }
    await vi.waitUntil(async () => (await allRows(store)).length === 2, { timeout: 5000, interval: 10 })
    expect((await allRows(store)).map(({ model }) => model)).toEqual(
      expect.arrayContaining(['claude-made-up-1', 'claude-made-up-2']),
    )
    const sums = await store.run((db) => sumUsage(db, { from: today, to: today, groupBy: ['model'] }, 10))
    expect(sums).toMatchObject([{ model: '', requests: 2, failed: 2 }])
  })

  test('what a closed ledger was told is in the database, and nothing is left on disk', async () => {
    await using subject = await create()
    const { ledger, store, dataFolder } = subject
    await Promise.all(Array.from({ length: 500 }, () => answer(ledger, aRequest())))
    await ledger.close(5000)
    expect(await allRows(store)).toHaveLength(500)
    expect(files(dataFolder)).toEqual([])
  })

  test('names that no database takes hold up nothing', async () => {
    await using subject = await create()
    const { ledger, store } = subject
    const meter = ledger.open(aRequest())
    meter.note({ endUser: 'a\0b' })
    const digits = Array.from({ length: 20_000 }, (_, n) => Math.sin(n).toString(36).slice(-3)).join('')
    const attempt = (await meter.reserve(estimate(0.05))).attempt(`claude-${digits}`)
    attempt.ended()
    meter.end(OK)
    await answer(ledger, aRequest())
    await vi.waitUntil(async () => (await allRows(store)).length === 2, { timeout: 5000, interval: 10 })
    expect((await allRows(store))[0]).toMatchObject({ endUser: 'ab', model: `claude-${digits}`.slice(0, 256) })
  })

  test('counts that are none are counted as far as they are', async () => {
    await using subject = await create()
    const { ledger, store } = subject
    await answer(ledger, aRequest({}, { budgetDayUsd: 5 }), spent({ inputTokens: 1.4, outputTokens: -3, costUsd: NaN }))
    await answer(ledger, aRequest(), spent({ inputTokens: 1e300 }))
    await ledger.flush()
    expect(await allRows(store)).toMatchObject([
      { inputTokens: 1, outputTokens: 0, costNano: 0 },
      { inputTokens: 1e12, outputTokens: 7 },
    ])
    expect(await store.run((db) => db.selectFrom('reservations').select('id').execute())).toEqual([])
  })

  test('nothing is written of a request after its row', async () => {
    await using subject = await create()
    const { ledger, store } = subject
    const meter = ledger.open(aRequest())
    const question = await meter.reserve(estimate(0.05))
    meter.end(OK)
    question.attempt('sonnet').ended()
    await ledger.flush()
    expect(await allRows(store)).toMatchObject([{ calls: 0, isEstimate: false }])
  })

  test('rows that are too old go, and their sums stay', async () => {
    await using subject = await create()
    const { ledger, store, dataFolder } = subject
    await answer(ledger, aRequest())
    await vi.waitUntil(async () => (await allRows(store)).length === 1, { timeout: 5000, interval: 10 })
    await store.run((db) =>
      db
        .updateTable('usage')
        .set({ at: Date.now() - 31 * 86_400_000 })
        .execute(),
    )
    const young = aRequest()
    await answer(ledger, young)
    await ledger.flush()
    // One tidies at its start.
    const next = createLedgerOn(store, dataFolder)
    await vi.waitUntil(async () => (await allRows(store)).length === 1, { timeout: 5000, interval: 10 })
    await next.close(1000)
    expect(await allRows(store)).toMatchObject([{ id: young.id }])
    const [sum] = await store.run((db) => sumUsage(db, { from: today, to: today, groupBy: [] }, 1))
    expect(sum).toMatchObject({ requests: 2 })
  })

  test('two ledgers on one data folder leave each other alone', async () => {
    await using subject = await create()
    const { ledger, store, dataFolder } = subject
    const meter = ledger.open(aRequest())
    const attempt = (await meter.reserve(estimate(0.05))).attempt('sonnet')
    const other = createLedgerOn(subject.again(), dataFolder)
    await answer(other, aRequest())
    await other.close(5000)
    expect(await allRows(store)).toHaveLength(1)
    attempt.took(spent())
    attempt.ended()
    meter.end(OK)
    await ledger.close(5000)
    expect((await allRows(store)).map(({ outcome }) => outcome)).toEqual(['ok', 'ok'])
  })
})

test('rows wait on disk while the database is away, and come in once when it is back', async () => {
  await using subject = createTestStore(await postgres.createDatabase())
  const { store, dataFolder } = subject
  await store.run((db) => db.selectFrom('usage').select('id').execute())
  const ledger = createLedgerOn(store, dataFolder)
  await answer(ledger, aRequest())
  await vi.waitUntil(async () => (await allRows(store)).length === 1, { timeout: 5000, interval: 10 })
  await postgres.stop()
  try {
    for (let n = 0; n < 300; n += 1) await answer(ledger, aRequest())
    await vi.waitUntil(() => store.status().state === 'away', { timeout: 10_000, interval: 10 })
    expect(ledger.status().waitingBytes).toBeGreaterThan(300 * 300)
  } finally {
    await postgres.start()
  }
  await vi.waitUntil(async () => (await allRows(store).catch(() => [])).length >= 301, {
    timeout: 10_000,
    interval: 50,
  })
  await ledger.close(5000)
  expect(await allRows(store)).toHaveLength(301)
  expect(files(dataFolder)).toEqual([])
})

test('a ledger that closes while the database is away leaves its rows to the next', async () => {
  await using subject = createTestStore(await postgres.createDatabase())
  const { store, dataFolder } = subject
  await store.run((db) => db.selectFrom('usage').select('id').execute())
  const ledger = createLedgerOn(store, dataFolder)
  await postgres.stop()
  try {
    await answer(ledger, aRequest())
    await ledger.close(200)
    expect(files(dataFolder)).toHaveLength(1)
  } finally {
    await postgres.start()
  }
})

test('a row that the database never takes is lost alone', async () => {
  await using subject = createTestStore(await postgres.createDatabase())
  const { store, dataFolder } = subject
  const ledger = createLedgerOn(store, dataFolder)
  const bad = ledger.open(aRequest())
  bad.note({ session: 'a\0b' })
  bad.end(OK)
  await answer(ledger, aRequest())
  await ledger.close(5000)
  expect(await allRows(store)).toHaveLength(1)
  expect(ledger.status()).toMatchObject({ lost: 1, waitingBytes: 0 })
})
