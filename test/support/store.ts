/** Databases of both kinds for a test, each in a folder of its own. */
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { pino } from 'pino'
import { createStore, type Store } from '../../src/store/store.ts'
import type { StoredKey } from '../../src/store/keys-table.ts'

export interface TestStore {
  readonly store: Store
  readonly dataFolder: string
  /** `DATABASE_URL`. */
  readonly url: string
  readonly log: Record<string, unknown>[]
  /** Another instance on the same database. */
  again(): Store
  [Symbol.asyncDispose](): Promise<void>
}

export function createTestStore(url = 'sqlite:'): TestStore {
  const dataFolder = mkdtempSync(join(tmpdir(), 'dragoman-store-'))
  const log: Record<string, unknown>[] = []
  const logger = pino({ level: 'debug' }, { write: (line: string) => log.push(JSON.parse(line)) })
  const stores: Store[] = []
  const again = (): Store => {
    const store = createStore({ url, dataFolder, log: logger })
    stores.push(store)
    return store
  }
  return {
    store: again(),
    dataFolder,
    url,
    log,
    again,
    [Symbol.asyncDispose]: async () => {
      for (const store of stores) await store.close()
      rmSync(dataFolder, { recursive: true, force: true })
    },
  }
}

export function aKey(more: Partial<StoredKey> = {}): StoredKey {
  return {
    id: 'one',
    name: 'team',
    prefix: 'sk-dragoman-abcdef',
    hash: `hash of ${more.id ?? 'one'}`,
    pepperId: 'pepper',
    scopes: ['chat', 'tools'],
    models: ['sonnet'],
    tools: null,
    mcpServers: ['tickets'],
    requestsPerMinute: 5,
    tokensPerMinute: 9_007_199_254_740_991,
    budgetDayUsd: 0.1,
    budgetMonthUsd: 12.34,
    expiresAt: 4_102_444_800_000,
    createdAt: 1_700_000_000_000,
    revokedAt: null,
    rotatedFrom: null,
    account: more.id ?? 'one',
    ...more,
  }
}
