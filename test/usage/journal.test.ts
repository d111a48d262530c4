/** Journals that an instance left behind when it was killed. */
import { mkdirSync, readdirSync, statSync, utimesSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterEach, expect, test, vi } from 'vitest'
import { newInstanceName, TOUCH_MS } from '../../src/instance.ts'
import { openJournal } from '../../src/usage/journal.ts'
import type { UsageRow } from '../../src/store/usage-table.ts'
import { allRows, answer, aRequest, createLedgerOn, createMeteringOn } from '../support/ledger-on-store.ts'
import { createTestStore } from '../support/store.ts'

const row = (id: string): UsageRow => ({
  id,
  at: Date.now(),
  principal: 'key:one',
  keyId: 'one',
  session: null,
  endUser: null,
  endpoint: '/v1/chat/completions',
  model: 'claude-sonnet-5-5',
  isEstimate: false,
  calls: 1,
  inputTokens: 30,
  cacheReadTokens: 0,
  cacheWriteTokens: 0,
  outputTokens: 7,
  reasoningTokens: 0,
  costNano: 5,
  ms: 1,
  firstTokenMs: null,
  status: 200,
  outcome: 'ok',
})

afterEach(() => {
  vi.useRealTimers()
})

const silentFor = (path: string, minutes: number): void => {
  const at = new Date(Date.now() - minutes * 60_000)
  utimesSync(path, at, at)
}

/** Of a process that is no more. @returns where it is */
function leaveJournal(dataFolder: string, rows: number, machine = newInstanceName().split('-')[2]): string {
  const folder = join(dataFolder, 'usage', `999999999-1-${machine}-abcdef`)
  mkdirSync(folder, { recursive: true })
  const lines = Array.from({ length: rows }, (_, n) => JSON.stringify({ isDone: true, row: row(`req_${n}`) }))
  writeFileSync(join(folder, '1.jsonl'), `${lines.join('\n')}\n`)
  return folder
}

test('what a container left that was killed, and whose place another one took, comes in after an hour of silence, once', async () => {
  await using subject = createTestStore()
  const { store, dataFolder } = subject
  const left = leaveJournal(dataFolder, 3, '00000000')
  silentFor(left, 59)
  const { ledger } = createMeteringOn(store, dataFolder, { tidyMs: 10 })
  await ledger.flush()
  expect(await allRows(store)).toEqual([])
  silentFor(left, 61)
  await vi.waitUntil(async () => (await allRows(store)).length === 3)
  await vi.waitUntil(() => ledger.status().waitingBytes === 0)
  await ledger.close(1000)
  expect(readdirSync(join(dataFolder, 'usage'))).toEqual([])
})

test('an instance that has nothing to write shows that it runs all the same', async () => {
  vi.useFakeTimers({ toFake: ['setInterval'] })
  await using subject = createTestStore()
  const journal = openJournal(subject.dataFolder, 'idle')
  const folder = join(subject.dataFolder, 'usage', 'idle')
  silentFor(folder, 59)
  vi.advanceTimersByTime(TOUCH_MS)
  await vi.waitUntil(() => Date.now() - statSync(folder).mtimeMs < 60_000)
  await journal.close(true)
})

test('of two instances that find the same journal, the later one goes on without it', async () => {
  await using subject = createTestStore()
  const { dataFolder } = subject
  leaveJournal(dataFolder, 3)
  const [one, two] = [openJournal(dataFolder, 'one'), openJournal(dataFolder, 'two')]
  await Promise.all([one.adopt(), two.adopt()])
  const [[first], [second]] = [one.sealed(), two.sealed()]
  expect(await first?.read()).toHaveLength(3)
  await first?.remove()
  expect(await second?.read()).toEqual([])
  await second?.remove()
  expect(two.sealed()).toEqual([])
  await Promise.all([one.close(true), two.close(true)])
})

test('a journal that cannot be read is left, and holds up no other rows', async () => {
  await using subject = createTestStore()
  const { store, dataFolder } = subject
  const left = leaveJournal(dataFolder, 3)
  // A folder cannot be read as a file by anybody.
  mkdirSync(join(left, '2.jsonl'))
  const ledger = createLedgerOn(store, dataFolder)
  for (let n = 0; n < 3; n += 1) await answer(ledger, aRequest())
  await vi.waitUntil(async () => (await allRows(store)).length === 3, { timeout: 5000, interval: 10 })
  await ledger.close(1000)
  expect(ledger.status()).toEqual({ lost: 0, waitingBytes: 0 })
  expect(readdirSync(left)).toEqual(['1.jsonl', '2.jsonl'])
})

test('a long journal comes in without holding up the process', async () => {
  await using subject = createTestStore()
  const { store, dataFolder } = subject
  leaveJournal(dataFolder, 3000)
  let turns = 0
  const counting = setInterval(() => (turns += 1), 1)
  const ledger = createLedgerOn(store, dataFolder)
  await vi.waitUntil(() => ledger.status().waitingBytes > 0, { timeout: 5000, interval: 1 })
  turns = 0
  await vi.waitUntil(() => ledger.status().waitingBytes === 0, { timeout: 10_000, interval: 10 })
  clearInterval(counting)
  // Others have their turn between any two of its sixty batches.
  expect(turns).toBeGreaterThan(30)
  await ledger.close(1000)
  expect(readdirSync(join(dataFolder, 'usage'))).toEqual([])
})
