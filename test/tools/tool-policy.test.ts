/** The policy and the counts of several instances on one database, on both kinds. */
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import type { Store } from '../../src/store/store.ts'
import { StoreUnavailable } from '../../src/store/store-unavailable.ts'
import { startTestPostgres, type TestPostgres } from '../support/postgres.ts'
import { createTestStore, type TestStore } from '../support/store.ts'
import { createToolsOn } from '../support/tools.ts'

let postgres: TestPostgres

beforeAll(async () => {
  postgres = await startTestPostgres()
})
afterAll(() => postgres[Symbol.asyncDispose]())

/** A database that can be taken away. */
function interrupted(store: Store): { readonly store: Store; take(): void; giveBack(): void } {
  let isAway = false
  return {
    store: { ...store, run: (work) => (isAway ? Promise.reject(new StoreUnavailable('taken')) : store.run(work)) },
    take: () => {
      isAway = true
    },
    giveBack: () => {
      isAway = false
    },
  }
}

describe.each(['sqlite', 'postgres'] as const)('%s', (kind) => {
  let made: TestStore
  let other: Store
  beforeAll(async () => {
    made = createTestStore(kind === 'sqlite' ? undefined : await postgres.createDatabase())
    other = made.again()
  })
  afterAll(() => made[Symbol.asyncDispose]())
  beforeEach(async () => {
    await made.store.run((db) => db.deleteFrom('tool_policy').execute())
    await made.store.run((db) => db.deleteFrom('tool_counts').execute())
  })
  const create = (settings: Parameters<typeof createToolsOn>[1] = {}) => ({
    store: made.store,
    one: createToolsOn(made.store, settings),
    two: createToolsOn(other, settings),
  })

  test('what one instance sets holds on another at once, and over its settings', async () => {
    const { one, two } = create({ TOOLS_ALLOWED: 'read_file,Write', TOOLS_MAX_TURNS: '7' })
    expect(await two.policy.current()).toMatchObject({ allowed: ['Read', 'Write'], maxTurns: 7, mayBypass: false })
    expect(await two.policy.changedAt()).toBeUndefined()
    await one.policy.change({ allowed: ['Bash'] })
    expect(await two.policy.current()).toMatchObject({ allowed: ['Bash'], maxTurns: 7 })
    await two.policy.change({ maxTurns: 90, permissionModes: ['plan'] })
    expect(await one.policy.current()).toMatchObject({ allowed: ['Bash'], maxTurns: 90, permissionModes: ['plan'] })
    expect(await one.policy.changedAt()).toBeGreaterThan(Date.now() - 60_000)
  })

  test('going back to the settings forgets what was set, and takes what comes with it', async () => {
    const { one, two } = create()
    await one.policy.change({ allowed: [], maxTurns: 3 })
    await two.policy.change({ maxTurns: 4 }, { toSettings: true })
    expect(await one.policy.current()).toMatchObject({ allowed: ['Read', 'Glob', 'Grep'], maxTurns: 4 })
    await two.policy.change({}, { toSettings: true })
    expect(await one.policy.current()).toEqual(one.policy.configured)
  })

  test('parts that are set at the same time on two instances all hold', async () => {
    const { one, two } = create()
    await one.policy.change({ maxTurns: 1 })
    await Promise.all([
      one.policy.change({ allowed: ['Edit'] }),
      two.policy.change({ maxTurns: 9 }),
      one.policy.change({ permissionModes: ['default'] }),
    ])
    expect(await two.policy.current()).toMatchObject({ allowed: ['Edit'], maxTurns: 9, permissionModes: ['default'] })
  })

  test('no row of the database bypasses permissions or names tools that are none', async () => {
    const subject = create()
    const content = JSON.stringify({
      allowed: ['Read', 'Teleport'],
      permissionModes: ['bypassPermissions'],
      mayBypass: true,
    })
    await subject.store.run((db) =>
      db.insertInto('tool_policy').values({ id: 'policy', content, changed_at: 1 }).execute(),
    )
    expect(await subject.one.policy.current()).toMatchObject({
      allowed: ['Read'],
      permissionModes: [],
      mayBypass: false,
    })
  })

  test('a row that nobody can read allows nothing, until it is set anew', async () => {
    const subject = create()
    const row = { id: 'policy', content: '{"allowed":"all"}', changed_at: 1 }
    await subject.store.run((db) => db.insertInto('tool_policy').values(row).execute())
    await expect(subject.one.policy.current()).rejects.toThrow()
    await subject.one.policy.change({}, { toSettings: true })
    expect(await subject.one.policy.current()).toEqual(subject.one.policy.configured)
  })

  test('uses noted on two instances are summed by tool, for one caller or all', async () => {
    const { one, two } = create()
    one.counts.note('key:a', { name: 'Read', outcome: 'done', durationMs: 10.4 })
    one.counts.note('key:a', { name: 'Read', outcome: 'failed', durationMs: 20 })
    two.counts.note('key:a', { name: 'Read', outcome: 'denied', durationMs: 999 })
    two.counts.note('key:b', { name: 'mcp__files__list', outcome: 'done', durationMs: 5 })
    two.counts.note('key:b', { name: 'made\u0000up', outcome: 'denied', durationMs: 5 })
    two.counts.note('key:b', { name: 'mcp__files__made_up', outcome: 'failed', durationMs: 5, isUnknown: true })
    await Promise.all([one.counts.close(5000), two.counts.close(5000)])
    const read = { tool: 'Read', calls: 3, failed: 1, denied: 1, totalMs: 30 }
    expect((await one.counts.report({ principalId: 'key:a' })).tools).toEqual([read])
    expect((await one.counts.report({})).tools.map(({ tool, calls }) => [tool, calls])).toEqual([
      ['Read', 3],
      ['mcp__files__list', 1],
      ['other', 2],
    ])
    expect((await one.counts.report({ from: '2001-01-01', to: '2001-01-02' })).tools).toEqual([])
  })
})

test('while the database is away the policy that was last seen holds for a while, and then nobody knows', async () => {
  await using made = createTestStore()
  const { store, take, giveBack } = interrupted(made.store)
  const settings = { TOOLS_ALLOWED: 'Read,Bash' }
  const [one, two] = [createToolsOn(store, settings), createToolsOn(store, settings, { awayMs: 0 })]
  await one.policy.change({ allowed: ['Read'] })
  await two.policy.current()
  take()
  expect(await one.policy.current()).toMatchObject({ allowed: ['Read'] })
  await expect(two.policy.current()).rejects.toBeInstanceOf(StoreUnavailable)
  await expect(one.policy.change({ maxTurns: 2 })).rejects.toBeInstanceOf(StoreUnavailable)
  await expect(createToolsOn(store, settings).policy.current()).rejects.toBeInstanceOf(StoreUnavailable)
  giveBack()
  expect(await two.policy.current()).toMatchObject({ allowed: ['Read'] })
})

test('uses that are noted while the database is away are counted when it is back', async () => {
  await using made = createTestStore()
  const { store, take, giveBack } = interrupted(made.store)
  const { counts } = createToolsOn(store, {}, { flushMs: 5 })
  take()
  counts.note('key:a', { name: 'Bash', outcome: 'done', durationMs: 1 })
  await expect(counts.report({})).rejects.toBeInstanceOf(StoreUnavailable)
  giveBack()
  counts.note('key:a', { name: 'Bash', outcome: 'done', durationMs: 1 })
  expect((await counts.report({})).tools).toEqual([{ tool: 'Bash', calls: 2, failed: 0, denied: 0, totalMs: 2 }])
})

test('what is noted is brought in without being asked for', async () => {
  await using made = createTestStore()
  const { counts } = createToolsOn(made.store, {}, { flushMs: 5 })
  counts.note('key:a', { name: 'Grep', outcome: 'done', durationMs: 1 })
  const rows = () => made.store.run((db) => db.selectFrom('tool_counts').select('tool').execute())
  await expect.poll(rows, { timeout: 10_000, interval: 10 }).toEqual([{ tool: 'Grep' }])
})
