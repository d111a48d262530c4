/** The ledger and the limits while disk or database do not do what they should. */
import { readdirSync, symlinkSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test, vi } from 'vitest'
import { sql } from 'kysely'
import { chat, errorOf } from '../support/app.ts'
import { bearer, createKeyedApp, terms } from '../support/keys.ts'
import { allRows, answer, aRequest, createLedgerOn } from '../support/ledger-on-store.ts'
import { startTestPostgres, type TestPostgres } from '../support/postgres.ts'
import { createTestStore } from '../support/store.ts'

let postgres: TestPostgres

beforeAll(async () => {
  postgres = await startTestPostgres()
})
afterAll(() => postgres[Symbol.asyncDispose]())

const asking = (key: string) => {
  const init = chat()
  return { ...init, headers: { ...Object(init.headers), ...bearer(key) } }
}

test('row 32: a full disk under the journal loses no row while the database takes them', async () => {
  await using subject = createTestStore()
  const { store, dataFolder } = subject
  const ledger = createLedgerOn(store, dataFolder)
  await answer(ledger, aRequest())
  await vi.waitUntil(async () => (await allRows(store)).length === 1, { timeout: 5000, interval: 10 })
  const [instance = ''] = readdirSync(join(dataFolder, 'usage'))
  // Whatever is written to these files fails as on a full disk.
  for (let n = 3; n < 40; n += 1) symlinkSync('/dev/full', join(dataFolder, 'usage', instance, `${n}.jsonl`))
  for (let n = 0; n < 30; n += 1) await answer(ledger, aRequest())
  await vi.waitUntil(async () => (await allRows(store)).length === 31, { timeout: 5000, interval: 10 })
  expect(ledger.status().lost).toBe(0)
  await ledger.close(1000)
})

test('row 32: a database that is full holds up no answer, and has all rows when there is room again', async () => {
  await using subject = createKeyedApp({ withLedger: true })
  const { store, request, book } = subject
  const { key } = await book.create(terms({}))
  await store.run(async (db) => {
    const { rows } = await sql<{ page_count: number }>`pragma page_count`.execute(db)
    await sql.raw(`pragma max_page_count = ${rows[0]?.page_count ?? 1}`).execute(db)
  })
  for (let n = 0; n < 60; n += 1) expect((await request('/v1/chat/completions', asking(key))).status).toBe(200)
  await vi.waitUntil(() => store.status().state === 'away', { timeout: 10_000, interval: 10 })
  const roomy = async () => store.run((db) => sql.raw('pragma max_page_count = 100000').execute(db))
  await vi.waitUntil(
    () =>
      roomy().then(
        () => true,
        () => false,
      ),
    { timeout: 5000, interval: 50 },
  )
  await vi.waitUntil(async () => (await allRows(store).catch(() => [])).length === 60, {
    timeout: 10_000,
    interval: 50,
  })
})

test('row 38: a database that goes away under load: limits hold, what is known goes on, and no row is missing or there twice', async () => {
  await using subject = createKeyedApp({ withLedger: true, url: await postgres.createDatabase() })
  const { store, request, book } = subject
  const free = (await book.create(terms({ name: 'free' }))).key
  const limited = (await book.create(terms({ name: 'limited', budgetDayUsd: 1000 }))).key
  const statuses: Record<string, number[]> = { free: [], limited: [] }
  const over = new AbortController()
  const load = async (name: string, key: string): Promise<void> => {
    while (!over.signal.aborted) {
      const response = await request('/v1/chat/completions', asking(key))
      await response.text()
      statuses[name]?.push(response.status)
      await new Promise((resolve) => setTimeout(resolve, 5))
    }
  }
  const loads = [load('free', free), load('free', free), load('limited', limited), load('limited', limited)]
  const enough = (name: string, status: number, times: number) =>
    vi.waitUntil(() => (statuses[name] ?? []).filter((each) => each === status).length >= times, {
      timeout: 15_000,
      interval: 20,
    })
  await enough('limited', 200, 5)
  await postgres.stop()
  try {
    await enough('limited', 503, 5)
    await enough('free', 200, 40)
  } finally {
    await postgres.start()
  }
  const before = (statuses['limited'] ?? []).filter((each) => each === 200).length
  await enough('limited', 200, before + 5)
  over.abort()
  await Promise.all(loads)
  expect(new Set(statuses['free'])).toEqual(new Set([200]))
  expect(new Set(statuses['limited'])).toEqual(new Set([200, 503]))
  const all = Object.values(statuses).flat()
  await vi.waitUntil(async () => (await allRows(store).catch(() => [])).length === all.length, {
    timeout: 10_000,
    interval: 50,
  })
  const rows = await allRows(store)
  expect(rows.filter(({ outcome }) => outcome === 'ok')).toHaveLength(all.filter((each) => each === 200).length)
  const [day] = await store.run((db) => db.selectFrom('allowances').selectAll().where('kind', '=', 'usd_day').execute())
  const spent = rows
    .filter(({ principal }) => principal === day?.account)
    .reduce((sum, { costNano }) => sum + costNano, 0)
  expect(day).toMatchObject({ used: spent, reserved: 0 })
})

test('row 39: a database that does not answer in time is a 503 within seconds, never a 401, and all is well after it', async () => {
  await using subject = createKeyedApp({ withLedger: true, url: await postgres.createDatabase() })
  const { request, book } = subject
  const { key } = await book.create(terms({ budgetDayUsd: 1000 }))
  expect((await request('/v1/chat/completions', asking(key))).status).toBe(200)
  // Somebody holds the table for as long as the request waits.
  const holder = subject.again()
  let letGo = (): void => undefined
  let isHeld = false
  const held = new Promise<void>((resolve) => {
    letGo = resolve
  })
  const holding = holder.run((db) =>
    db.transaction().execute(async (transaction) => {
      await sql`lock table allowances in access exclusive mode`.execute(transaction)
      isHeld = true
      await held
    }),
  )
  await vi.waitUntil(() => isHeld, { timeout: 5000, interval: 5 })
  const began = performance.now()
  const refused = await request('/v1/chat/completions', asking(key))
  expect(refused.status).toBe(503)
  expect(await errorOf(refused)).toMatchObject({ code: 'store_unavailable' })
  expect(performance.now() - began).toBeLessThan(10_000)
  letGo()
  await holding.catch(() => undefined)
  await vi.waitUntil(async () => (await request('/v1/chat/completions', asking(key))).status === 200, {
    timeout: 10_000,
    interval: 100,
  })
})
