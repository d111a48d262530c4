/** Kept answers of several instances on one database, on both kinds. */
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest'
import { newInstanceName } from '../../src/instance.ts'
import type { IdempotencyKeys, OpenAnswer } from '../../src/idempotency/idempotency-keys.ts'
import { createIdempotencyOn } from '../support/idempotency.ts'
import { startTestPostgres, type TestPostgres } from '../support/postgres.ts'
import { createTestStore } from '../support/store.ts'

let postgres: TestPostgres

beforeAll(async () => {
  postgres = await startTestPostgres()
})
afterAll(() => postgres[Symbol.asyncDispose]())

let requests = 0
const begin = (keys: IdempotencyKeys, key = 'k', { fingerprint = 'f', principalId = 'key:one' } = {}) => {
  requests += 1
  return keys.begin({ principalId, key, fingerprint, requestId: `req_${requests}` })
}
const open = async (...args: Parameters<typeof begin>): Promise<OpenAnswer> => {
  const begun = await begin(...args)
  if (begun.kind !== 'open') throw new Error('it is answered already')
  return begun
}
const answer = async (...args: Parameters<typeof begin>): Promise<string> => {
  const begun = await begin(...args)
  return begun.kind === 'kept' ? begun.answer : 'none'
}

describe.each(['sqlite', 'postgres'] as const)('%s', (kind) => {
  const create = async (options: Parameters<typeof createIdempotencyOn>[1] = {}) => {
    const made = createTestStore(kind === 'sqlite' ? undefined : await postgres.createDatabase())
    const [one, two] = [createIdempotencyOn(made.store, options), createIdempotencyOn(made.again(), options)]
    const rows = () => made.store.run((db) => db.selectFrom('kept_answers').selectAll().orderBy('name').execute())
    return {
      ...made,
      one,
      two,
      rows,
      [Symbol.asyncDispose]: async () => {
        one.close()
        two.close()
        await made[Symbol.asyncDispose]()
      },
    }
  }

  test('row 52: what one instance has answered another one answers alike, and nobody else is given it', async () => {
    await using subject = await create()
    await (await open(subject.one)).keep('"é \\u0000 said"')
    expect(await answer(subject.two)).toBe('"é \\u0000 said"')
    expect(await answer(subject.one)).toBe('"é \\u0000 said"')
    expect(await answer(subject.two, 'k', { principalId: 'key:two' })).toBe('none')
    expect(await answer(subject.two, 'K')).toBe('none')
  })

  test('row 52: of twenty requests at the same time on two instances one is answered, and the others are told so', async () => {
    await using subject = await create()
    const begun = await Promise.allSettled(
      Array.from({ length: 20 }, (_, n) => begin(n % 2 === 0 ? subject.one : subject.two)),
    )
    const opened = begun.flatMap((each) =>
      each.status === 'fulfilled' && each.value.kind === 'open' ? [each.value] : [],
    )
    expect(opened).toHaveLength(1)
    const refused = begun.filter((each) => each.status === 'rejected' && each.reason.code === 'idempotency_key_in_use')
    expect(refused).toHaveLength(19)
    await opened[0]?.keep('"a"')
    expect(await answer(subject.two)).toBe('"a"')
  })

  test('row 52: another request with the same key is refused, while it is answered and afterwards', async () => {
    await using subject = await create()
    const first = await open(subject.one)
    const other = { fingerprint: 'another' }
    await expect(begin(subject.two, 'k', other)).rejects.toMatchObject({ code: 'idempotency_key_reused' })
    await first.keep('"a"')
    await expect(begin(subject.two, 'k', other)).rejects.toMatchObject({ code: 'idempotency_key_reused' })
    expect(await answer(subject.two)).toBe('"a"')
  })

  test('one that ended without an answer leaves the key free', async () => {
    await using subject = await create()
    await (await open(subject.one)).release()
    const second = await open(subject.two, 'k', { fingerprint: 'another' })
    await second.keep('"b"')
    await second.release()
    expect(await answer(subject.one, 'k', { fingerprint: 'another' })).toBe('"b"')
  })

  test('one that was too long to be kept is not answered again', async () => {
    await using subject = await create()
    await (await open(subject.one)).keep(undefined)
    await expect(begin(subject.two)).rejects.toMatchObject({ code: 'idempotent_answer_lost' })
  })

  test('row 52: the key of a process that is gone is free at once', async () => {
    await using subject = await create()
    const dead = createIdempotencyOn(subject.store, { instance: newInstanceName().replace(/^\d+/, '999999999') })
    await using _ = { [Symbol.asyncDispose]: () => Promise.resolve(dead.close()) }
    const lost = await open(dead)
    const taken = await open(subject.one)
    await lost.keep('"of the dead"')
    await lost.release()
    await expect(begin(subject.two)).rejects.toMatchObject({ code: 'idempotency_key_in_use' })
    await taken.keep('"of the living"')
    expect(await answer(subject.two)).toBe('"of the living"')
  })

  test('row 52: a process that cannot be seen from here, as in a container beside this one, is not taken for one that is gone', async () => {
    await using subject = await create()
    const elsewhere = newInstanceName().replace(/^\d+(.*-)[^-]+$/, '999999999$1elsewhere')
    const neighbour = createIdempotencyOn(subject.store, { instance: elsewhere })
    await using _ = { [Symbol.asyncDispose]: () => Promise.resolve(neighbour.close()) }
    const running = await open(neighbour)
    await expect(begin(subject.one)).rejects.toMatchObject({ code: 'idempotency_key_in_use' })
    await running.keep('"of the neighbour"')
    expect(await answer(subject.one)).toBe('"of the neighbour"')
  })

  test('a request that takes its time keeps its key', async () => {
    await using subject = await create({ leaseMs: 300, sweepMs: 20 })
    const slow = await open(subject.one)
    await new Promise((resolve) => setTimeout(resolve, 900))
    await expect(begin(subject.two)).rejects.toMatchObject({ code: 'idempotency_key_in_use' })
    await slow.keep('"late"')
    expect(await answer(subject.two)).toBe('"late"')
  })

  test('the key of a server that does not come back is free when its lease ends', async () => {
    await using subject = await create({ leaseMs: 600 })
    const away = subject.again()
    const lost = createIdempotencyOn(away, { leaseMs: 600 })
    await open(lost)
    await away.close()
    await expect(begin(subject.one)).rejects.toMatchObject({ code: 'idempotency_key_in_use' })
    await expect
      .poll(() => begin(subject.one).catch(() => undefined), { timeout: 5000 })
      .toMatchObject({ kind: 'open' })
    lost.close()
  })

  test('a day afterwards it is gone: the key is another one, and the row is removed', async () => {
    await using subject = await create({ sweepMs: 20 })
    await (await open(subject.one, 'swept')).keep('"a"')
    await (await open(subject.one, 'kept')).keep('"b"')
    const [row] = await subject.rows()
    expect(Number(row?.expires_at) - Date.now()).toBeGreaterThan(86_300_000)
    const past = { expires_at: Date.now() - 1 }
    await subject.store.run((db) => db.updateTable('kept_answers').set(past).where('name', '=', 'swept').execute())
    await vi.waitUntil(async () => (await subject.rows()).length === 1, { timeout: 5000, interval: 20 })
    expect(await answer(subject.two, 'kept')).toBe('"b"')
    expect(await answer(subject.two, 'swept', { fingerprint: 'another' })).toBe('none')
  })

  test('a caller has so many, and so many bytes: those that came first make room, of nobody else', async () => {
    await using subject = await create({ bounds: { longest: 100, mostAnswers: 3, mostBytes: 40 } })
    await (await open(subject.one, '0', { principalId: 'key:two' })).keep('"other"')
    for (const name of ['1', '2', '3', '4']) {
      await (await open(subject.one, name)).keep(`"${name}"`)
      await new Promise((resolve) => setTimeout(resolve, 2))
    }
    const names = async () => (await subject.rows()).map(({ name }) => name)
    expect(await names()).toEqual(['0', '2', '3', '4'])
    await (await open(subject.two, '5')).keep(`"${'é'.repeat(18)}"`)
    expect(await names()).toEqual(['0', '5'])
  })

  test('a database that goes away while a request is answered is in the log alone', async () => {
    const lines: unknown[] = []
    const log = { warn: (...line: unknown[]) => lines.push(line) }
    await using subject = await create({ log })
    const kept = await open(subject.one, 'kept')
    const left = await open(subject.one, 'left')
    await subject.store.close()
    await kept.keep('"a"')
    await left.release()
    expect(JSON.stringify(lines)).toContain('could not be kept')
    expect(JSON.stringify(lines)).toContain('stays in use')
  })
})
