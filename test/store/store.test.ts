/** The same facts on both databases, then those of each alone. */
import { mkdirSync, mkdtempSync, rmSync, statSync, truncateSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { sql } from 'kysely'
import Libsql from 'libsql'
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest'
import {
  expireKey,
  findKeyByHash,
  findKeys,
  hasKeys,
  insertKey,
  listKeys,
  revokeKey,
} from '../../src/store/keys-table.ts'
import { deleteMcpServer, insertMcpServer, listMcpServers } from '../../src/store/mcp-servers-table.ts'
import { createStore } from '../../src/store/store.ts'
import { StoreUnavailable } from '../../src/store/store-unavailable.ts'
import { startTestPostgres, type TestPostgres } from '../support/postgres.ts'
import { aKey, createTestStore } from '../support/store.ts'

/** What was written last is in the log beside the file. */
function moveLogIntoFile(path: string): void {
  const database = new Libsql(path)
  database.exec('PRAGMA wal_checkpoint(TRUNCATE)')
  database.close()
  for (const end of ['-wal', '-shm']) rmSync(`${path}${end}`, { force: true })
}

const silent = { info: () => undefined, warn: () => undefined }
let postgres: TestPostgres

beforeAll(async () => {
  postgres = await startTestPostgres()
})
afterAll(() => postgres[Symbol.asyncDispose]())

describe.each(['sqlite', 'postgres'] as const)('%s', (kind) => {
  const create = async () => createTestStore(kind === 'sqlite' ? undefined : await postgres.createDatabase())

  test('a key comes back as it was stored', async () => {
    await using subject = await create()
    const key = aKey()
    await subject.store.run((db) => insertKey(db, key))
    expect(await subject.store.run((db) => findKeyByHash(db, key.hash))).toEqual(key)
    expect(await subject.store.run((db) => findKeyByHash(db, 'another'))).toBeUndefined()
    expect(await subject.store.run((db) => findKeys(db, ['one', 'two']))).toEqual([key])
  })

  test('bounds that a key does not have come back as none', async () => {
    await using subject = await create()
    const free = aKey({
      models: null,
      requestsPerMinute: null,
      tokensPerMinute: null,
      budgetDayUsd: null,
      expiresAt: null,
    })
    await subject.store.run((db) => insertKey(db, free))
    expect(await subject.store.run(listKeys)).toEqual([free])
  })

  test('a key is revoked once, and still counts as one', async () => {
    await using subject = await create()
    await subject.store.run((db) => insertKey(db, aKey()))
    expect(await subject.store.run((db) => revokeKey(db, 'one', 5))).toBe(true)
    expect(await subject.store.run((db) => revokeKey(db, 'one', 6))).toBe(false)
    expect(await subject.store.run((db) => findKeys(db, ['one']))).toMatchObject([{ revokedAt: 5 }])
    expect(await subject.store.run(hasKeys)).toBe(true)
  })

  test('the end of a key is never put off', async () => {
    await using subject = await create()
    await subject.store.run((db) => insertKey(db, aKey({ expiresAt: 10 })))
    expect(await subject.store.run((db) => expireKey(db, 'one', 20))).toBe(true)
    expect(await subject.store.run((db) => findKeys(db, ['one']))).toMatchObject([{ expiresAt: 10 }])
    await subject.store.run((db) => insertKey(db, aKey({ id: 'two', expiresAt: null })))
    expect(await subject.store.run((db) => expireKey(db, 'two', 20))).toBe(true)
    expect(await subject.store.run((db) => findKeys(db, ['two']))).toMatchObject([{ expiresAt: 20 }])
    await subject.store.run((db) => revokeKey(db, 'two', 15))
    expect(await subject.store.run((db) => expireKey(db, 'two', 16))).toBe(false)
  })

  test('an MCP server comes back as it was stored, under a name of its own, and no more than so many are taken', async () => {
    await using subject = await create()
    const server = { name: 'tickets', sealed: 'AAAA', createdAt: 1_700_000_000_000 }
    const add = (name: string, most: number): Promise<string> =>
      subject.store.run((db) =>
        db.transaction().execute((change) => insertMcpServer(change, { ...server, name }, most)),
      )
    expect([await add('tickets', 2), await add('tickets', 2), await add('files', 2), await add('other', 2)]).toEqual([
      'added',
      'taken',
      'added',
      'full',
    ])
    const { sealed } = server
    expect(await subject.store.run((db) => listMcpServers(db))).toEqual([
      { name: 'files', sealed },
      { name: 'tickets', sealed },
    ])
    expect(await subject.store.run((db) => listMcpServers(db, ['tickets', 'none']))).toEqual([
      { name: 'tickets', sealed },
    ])
    expect(await subject.store.run((db) => deleteMcpServer(db, 'tickets'))).toBe(true)
    expect(await subject.store.run((db) => deleteMcpServer(db, 'tickets'))).toBe(false)
  })

  test('instances that start at the same time on an empty database all come up', async () => {
    await using subject = await create()
    const stores = [subject.store, subject.again(), subject.again(), subject.again()]
    await Promise.all(stores.map((store, n) => store.run((db) => insertKey(db, aKey({ id: `key-${n}` })))))
    expect(await subject.store.run(listKeys)).toHaveLength(4)
  })

  test('what is asked wrongly is no reason to call the database away', async () => {
    await using subject = await create()
    await subject.store.run((db) => insertKey(db, aKey()))
    const twice = subject.store.run((db) => insertKey(db, aKey()))
    await expect(twice).rejects.toThrow(/unique/i)
    await expect(twice).rejects.not.toBeInstanceOf(StoreUnavailable)
    // What a name says is not what the driver says.
    const named = subject.store.run(() => Promise.reject(new Error('no key is called "connection timeout"')))
    await expect(named).rejects.toThrow(/no key/)
    expect(subject.store.status().state).toBe('ready')
  })

  test('a transaction that fails leaves nothing behind', async () => {
    await using subject = await create()
    const failing = subject.store.run((db) =>
      db.transaction().execute(async (transaction) => {
        await insertKey(transaction, aKey())
        throw new Error('on purpose')
      }),
    )
    await expect(failing).rejects.toThrow('on purpose')
    expect(await subject.store.run(hasKeys)).toBe(false)
  })
})

describe('PostgreSQL', () => {
  test('that asks for stricter transactions is not asked for them', async () => {
    const url = await postgres.createDatabase()
    await using subject = createTestStore(url)
    const strict = `alter database ${new URL(url).pathname.slice(1)} set default_transaction_isolation = 'serializable'`
    await subject.store.run((db) => sql.raw(strict).execute(db))
    const level = subject
      .again()
      .run((db) => db.transaction().execute((change) => sql`show transaction_isolation`.execute(change)))
    expect((await level).rows).toEqual([{ transaction_isolation: 'read committed' }])
  })

  test('whoever has to give way to another transaction is told to come again, and it is not away', async () => {
    await using subject = createTestStore(await postgres.createDatabase())
    const { store } = subject
    await store.run((db) => insertKey(db, aKey()))
    await store.run((db) => insertKey(db, aKey({ id: 'two' })))
    let first = 0
    const both = (): Promise<boolean> => vi.waitUntil(() => first === 2, { timeout: 5000, interval: 5 })
    const revoke = (one: string, other: string): Promise<unknown> =>
      store.run((db) =>
        db.transaction().execute(async (change) => {
          await revokeKey(change, one, 1)
          first += 1
          await both()
          await revokeKey(change, other, 1)
        }),
      )
    const outcomes = await Promise.allSettled([revoke('one', 'two'), revoke('two', 'one')])
    const [failed] = outcomes.filter(({ status }) => status === 'rejected')
    expect(failed).toMatchObject({ reason: expect.any(StoreUnavailable) })
    expect(store.status().state).toBe('ready')
  })
})

describe('PostgreSQL taken away', () => {
  test('is noticed at once, told in seconds, and over by itself when it is back', async () => {
    await using subject = createTestStore(await postgres.createDatabase())
    await subject.store.run((db) => insertKey(db, aKey()))
    await postgres.stop()
    await vi.waitUntil(() => subject.store.status().state === 'away', { timeout: 2000, interval: 10 })
    await expect(subject.store.run(hasKeys)).rejects.toBeInstanceOf(StoreUnavailable)
    await postgres.start()
    const isBack = (): Promise<boolean> => subject.store.run(hasKeys).catch(() => false)
    await vi.waitUntil(isBack, { timeout: 5000, interval: 50 })
    expect(subject.store.status()).toEqual({ state: 'ready', wasReady: true })
    expect(subject.log.map((line) => line['msg'])).toEqual(['the database is away', 'the database is back'])
    expect(JSON.stringify(subject.log)).not.toContain('secret-of-the-test')
  })

  test('at the start, it is connected to when it is there', async () => {
    await postgres.stop()
    const url = 'postgres://dragoman:secret-of-the-test@127.0.0.1:1/nowhere'
    await using subject = createTestStore(url)
    await expect(subject.store.run(hasKeys)).rejects.toBeInstanceOf(StoreUnavailable)
    expect(subject.store.status()).toEqual({ state: 'away', wasReady: false })
    await postgres.start()
  })
})

describe('the SQLite file', () => {
  test('is for this user alone, and so is its folder', async () => {
    await using subject = createTestStore()
    await subject.store.run((db) => insertKey(db, aKey()))
    const mode = (path: string): string => (statSync(join(subject.dataFolder, path)).mode & 0o777).toString(8)
    expect(mode('store')).toBe('700')
    for (const file of ['dragoman.db', 'dragoman.db-wal', 'dragoman.db-shm'])
      expect(mode(join('store', file))).toBe('600')
  })

  test('locked by another process holds nothing up, and is told after two seconds', async () => {
    await using subject = createTestStore()
    await subject.store.run(hasKeys)
    const other = new Libsql(join(subject.dataFolder, 'store', 'dragoman.db'))
    other.exec('begin immediate')
    const began = performance.now()
    const write = (_: unknown, n: number) => subject.store.run((db) => insertKey(db, aKey({ id: `key-${n}` })))
    const writing = Promise.allSettled(Array.from({ length: 10 }, write))
    // What is only read waits for them, and not for the lock.
    const reading = subject.store.run(hasKeys)
    let ticks = 0
    const clock = setInterval(() => (ticks += 1), 10)
    for (const each of await writing) expect(each).toMatchObject({ reason: expect.any(StoreUnavailable) })
    expect(await reading).toBe(false)
    // Together, not one after another.
    expect(performance.now() - began).toBeLessThan(4000)
    clearInterval(clock)
    expect(ticks).toBeGreaterThan(40)
    other.exec('commit')
    other.close()
    await vi.waitUntil(
      () =>
        subject.store
          .run((db) => insertKey(db, aKey()))
          .then(
            () => true,
            () => false,
          ),
      { timeout: 2000, interval: 50 },
    )
    expect(await subject.again().run(listKeys)).toHaveLength(1)
  })

  test('locked for a moment is waited for', async () => {
    await using subject = createTestStore()
    await subject.store.run(hasKeys)
    const other = new Libsql(join(subject.dataFolder, 'store', 'dragoman.db'))
    other.exec('begin immediate')
    const writing = subject.store.run((db) => insertKey(db, aKey()))
    setTimeout(() => other.exec('commit'), 100)
    await writing
    await subject.store.run((db) => insertKey(db, aKey({ id: 'two' })))
    // Seen by others: what is not committed would be seen by its own connection alone.
    expect(await subject.again().run(listKeys)).toHaveLength(2)
    other.close()
  })

  test.each([
    [
      'is something else',
      (path: string) => writeFileSync(path, 'not a database, but long enough to look at '.repeat(30)),
    ],
    ['is cut off', (path: string) => truncateSync(path, 5000)],
    ['is emptied although there are keys', (path: string) => truncateSync(path, 0)],
  ])('is never made anew when it %s, and the way to mend it is told', async (_what, breakIt) => {
    const dataFolder = mkdtempSync(join(tmpdir(), 'dragoman-store-'))
    const folder = join(dataFolder, 'store')
    const path = join(folder, 'dragoman.db')
    mkdirSync(folder)
    const first = createStore({ url: 'sqlite:', dataFolder, log: silent })
    for (let n = 0; n < 50; n += 1) await first.run((db) => insertKey(db, aKey({ id: `key-${n}` })))
    await first.close()
    writeFileSync(join(folder, 'key-pepper'), 'made with the first key')
    moveLogIntoFile(path)
    breakIt(path)
    const second = createStore({ url: 'sqlite:', dataFolder, log: silent })
    const cause = await second.run(hasKeys).catch((error: unknown) => error)
    expect(cause).toBeInstanceOf(StoreUnavailable)
    expect(String((cause as StoreUnavailable).cause)).toMatch(/put it back|restore it/)
    await second.close()
    rmSync(dataFolder, { recursive: true, force: true })
  })

  test('may be another one', async () => {
    const dataFolder = mkdtempSync(join(tmpdir(), 'dragoman-store-'))
    const path = join(dataFolder, 'elsewhere', 'mine.db')
    const store = createStore({ url: `sqlite:${path}`, dataFolder, log: silent })
    expect(await store.run(hasKeys)).toBe(false)
    await store.close()
    expect(statSync(path).size).toBeGreaterThan(0)
    rmSync(dataFolder, { recursive: true, force: true })
  })
})
