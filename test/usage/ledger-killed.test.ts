/** Processes that are killed at any moment: what they had taken is in the ledger, and nothing is there twice. */
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { readdirSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest'
import { readBalances } from '../../src/store/allowances-table.ts'
import { windowStart } from '../../src/usage/windows.ts'
import { allRows, createLedgerOn } from '../support/ledger-on-store.ts'
import { startTestPostgres, type TestPostgres } from '../support/postgres.ts'
import { createTestStore, type TestStore } from '../support/store.ts'

const PROCESS = fileURLToPath(new URL('../support/ledger-process.mjs', import.meta.url))

let postgres: TestPostgres

beforeAll(async () => {
  postgres = await startTestPostgres()
})
afterAll(() => postgres[Symbol.asyncDispose]())

/** Runs until it is killed, so many milliseconds after its first answer; gives back what it said. */
async function runUntilKilled({ url, dataFolder }: TestStore, name: string, afterMs: number): Promise<string[]> {
  const child = spawn(process.execPath, [PROCESS, url, dataFolder, name], { stdio: ['ignore', 'pipe', 'inherit'] })
  const closed = once(child, 'close')
  let said = ''
  child.stdout.setEncoding('utf8').on('data', (text: string) => (said += text))
  await vi.waitUntil(() => said.includes('answered') || child.exitCode !== null, { timeout: 20_000, interval: 1 })
  await new Promise((resolve) => setTimeout(resolve, afterMs))
  child.kill('SIGKILL')
  await closed
  return said.split('\n').slice(0, -1)
}

const told = (lines: readonly string[], word: string): string[] =>
  lines.filter((line) => line.startsWith(`${word} `)).map((line) => line.slice(word.length + 1))

describe.each(['sqlite', 'postgres'] as const)('%s', (kind) => {
  test('two processes that are killed again and again leave a ledger that has all they took', async () => {
    await using subject = createTestStore(kind === 'sqlite' ? undefined : await postgres.createDatabase())
    const { store, dataFolder } = subject
    await store.run((db) => db.selectFrom('usage').select('id').execute())
    const lines: string[] = []
    for (let round = 0; round < 4; round += 1) {
      const names = [`a${round}`, `b${round}`]
      // At any moment of what they do: reserving, writing, settling, starting on what the ones before them left.
      const said = await Promise.all(names.map((name) => runUntilKilled(subject, name, Math.random() * 60)))
      lines.push(...said.flat())
    }
    const ledger = createLedgerOn(store, dataFolder)
    await vi.waitUntil(() => readdirSync(join(dataFolder, 'usage')).length === 1, { timeout: 10_000, interval: 10 })
    await ledger.close(5000)
    const rows = new Map((await allRows(store)).map((row) => [row.id, row]))
    const answered = told(lines, 'answered')
    const missing = answered.filter((id) => {
      const row = rows.get(id)
      return row === undefined || row.inputTokens !== 30 || row.outputTokens !== 7 || row.isEstimate
    })
    expect(answered.length).toBeGreaterThan(8)
    expect(missing).toEqual([])
    // One that was asked but not answered took what is known of it, or what it may have taken.
    const interrupted = told(lines, 'asked').filter((id) => !answered.includes(id) && rows.has(id))
    for (const id of interrupted) {
      const row = rows.get(id)
      // 250 is what an answer may have had of which nothing was heard.
      expect([7, 250]).toContain(row?.outputTokens)
      expect(row?.isEstimate).toBe(row?.outputTokens === 250)
    }
    // The budget knows the same.
    const [day] = await store.run((db) =>
      readBalances(db, 'key:one', [{ kind: 'usd_day', startsAt: windowStart('usd_day', Date.now()) }]),
    )
    const cost = [...rows.values()].reduce((sum, row) => sum + row.costNano, 0)
    const orphans = await store.run((db) => db.selectFrom('reservations').selectAll().execute())
    expect(orphans).toEqual([])
    expect(day).toMatchObject({ used: cost, reserved: 0 })
  })
})
