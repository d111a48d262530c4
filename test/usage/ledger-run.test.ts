/** Whatever requests become, the ledger has what the model counted. */
import { expect, test } from 'vitest'
import { createKeyAuthentication } from '../../src/keys/key-authentication.ts'
import { createKeyBook } from '../../src/keys/key-book.ts'
import { createPepper } from '../../src/keys/pepper.ts'
import { sumUsage } from '../../src/store/usage-table.ts'
import { terms } from '../support/keys.ts'
import { allRows, createLedgerOn } from '../support/ledger-on-store.ts'
import { KINDS, runLedger } from '../support/ledger-run.ts'
import { createRandom } from '../support/random.ts'
import { startTestServer } from '../support/server.ts'
import { createTestStore } from '../support/store.ts'

const REQUESTS = Number(process.env['LEDGER_REQUESTS'] ?? 42)

test(`after ${REQUESTS} requests of all kinds the ledger has what the model counted, to the token`, async () => {
  await using subject = createTestStore()
  const { store, dataFolder } = subject
  const ledger = createLedgerOn(store, dataFolder)
  const pepper = createPepper(undefined, dataFolder)
  const book = createKeyBook(store, pepper)
  const made = await Promise.all(['one', 'two'].map((name) => book.create(terms({ name, budgetDayUsd: 100_000 }))))
  const log = { warn: () => undefined }
  const authentication = createKeyAuthentication({ apiKey: undefined, alwaysNeedsKey: true, store, pepper, log })
  await using server = await startTestServer({ REUSE_WORKERS: 'true', MAX_WORKERS: '8' }, { authentication, ledger })
  await server.proven()
  const { told, kinds } = await runLedger(server, {
    requests: REQUESTS,
    atOnce: 4,
    random: createRandom(1),
    keys: made.map(({ key }) => key),
  })
  // What callers who left had taken is told a moment after they have left.
  await server.isWell(0)
  await ledger.close(5000)
  authentication.close()
  expect(Object.keys(kinds).length).toBe(new Set(KINDS).size)

  const rows = await allRows(store)
  expect(rows).toHaveLength(REQUESTS)
  const sums = (some: typeof rows) => ({
    calls: some.reduce((sum, row) => sum + row.calls, 0),
    inputTokens: some.reduce((sum, row) => sum + row.inputTokens, 0),
    cacheReadTokens: some.reduce((sum, row) => sum + row.cacheReadTokens, 0),
    cacheWriteTokens: some.reduce((sum, row) => sum + row.cacheWriteTokens, 0),
    outputTokens: some.reduce((sum, row) => sum + row.outputTokens, 0),
  })
  expect(sums(rows.filter((row) => !row.isEstimate))).toEqual(told.whole)
  // Nobody counts the output of an answer that breaks off.
  const { outputTokens: _, ...broken } = told.broken
  expect(sums(rows.filter((row) => row.isEstimate))).toMatchObject(broken)
  expect(rows.filter((row) => row.isEstimate).every((row) => row.outputTokens > 0 && row.costNano > 0)).toBe(true)
  const days = await store.run((db) => sumUsage(db, { from: '2000-01-01', to: '2100-01-01', groupBy: [] }, 1))
  expect(days[0]).toMatchObject({ requests: REQUESTS, ...sums(rows) })
  // And so has the budget.
  const spent = await store.run((db) => db.selectFrom('allowances').selectAll().where('kind', '=', 'usd_day').execute())
  expect(spent.reduce((sum, { used }) => sum + used, 0)).toBe(rows.reduce((sum, { costNano }) => sum + costNano, 0))
  expect(spent.every(({ reserved }) => reserved === 0)).toBe(true)
})
