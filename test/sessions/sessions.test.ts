/** Sessions of several instances on one database, on both kinds. */
import { sql } from 'kysely'
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest'
import type { Sessions, SessionTurn } from '../../src/sessions/sessions.ts'
import type { JsonObject } from '../../src/turn/json.ts'
import { startTestPostgres, type TestPostgres } from '../support/postgres.ts'
import { createSessionsOn } from '../support/sessions.ts'
import { createTestStore } from '../support/store.ts'

let postgres: TestPostgres

beforeAll(async () => {
  postgres = await startTestPostgres()
})
afterAll(() => postgres[Symbol.asyncDispose]())

const roomy = (): void => undefined
let requests = 0
const begin = (sessions: Sessions, name = 's', principalId = 'key:one'): Promise<SessionTurn> => {
  requests += 1
  return sessions.begin({ principalId, name, requestId: `req_${requests}`, messages: 1, bytes: 10, takeRoom: roomy })
}
/** As Claude Code writes them down: most have an id of their own, titles and the like have none. */
const entry = (uuid: string, text = uuid): JsonObject => ({ type: 'user', uuid, message: { content: [{ text }] } })
const title: JsonObject = { type: 'title', title: 'é \u0000 \ud800' }
const addition = (content: string) => ({ content, messages: 2, model: 'm' })

describe.each(['sqlite', 'postgres'] as const)('%s', (kind) => {
  const create = async (settings: Parameters<typeof createSessionsOn>[1] = {}) => {
    const made = createTestStore(kind === 'sqlite' ? undefined : await postgres.createDatabase())
    const [one, two] = [createSessionsOn(made.store, settings), createSessionsOn(made.again(), settings)]
    return {
      ...made,
      one,
      two,
      [Symbol.asyncDispose]: async () => {
        one.close()
        two.close()
        await made[Symbol.asyncDispose]()
      },
    }
  }

  test('what one instance has stored the next goes on with', async () => {
    await using subject = await create()
    const first = await begin(subject.one)
    expect(first).toMatchObject({ number: 1, earlier: [] })
    await first.commit(addition('"first"'))
    const second = await begin(subject.two)
    expect(second).toMatchObject({ number: 2, earlier: ['"first"'], sessionId: first.sessionId })
    await second.commit(addition('"second"'))
    expect((await begin(subject.one)).earlier).toEqual(['"first"', '"second"'])
  })

  test('of twenty requests at the same time on two instances one is the writer', async () => {
    await using subject = await create()
    const begun = await Promise.allSettled(
      Array.from({ length: 20 }, (_, n) => begin(n % 2 === 0 ? subject.one : subject.two)),
    )
    const writers = begun.flatMap((each) => (each.status === 'fulfilled' ? [each.value] : []))
    expect(writers).toHaveLength(1)
    expect(begun.filter((each) => each.status === 'rejected' && each.reason.code === 'session_busy')).toHaveLength(19)
    await writers[0]?.commit(addition('"a"'))
    await (await begin(subject.two)).release()
  })

  test('of twenty first turns at the same time as many begin as a caller may have sessions, and of nobody else', async () => {
    await using subject = await create({ settings: { MAX_SESSIONS: '5' } })
    const begun = await Promise.allSettled(
      Array.from({ length: 20 }, (_, n) => begin(n % 2 === 0 ? subject.one : subject.two, `s-${n}`)),
    )
    const turns = begun.flatMap((each) => (each.status === 'fulfilled' ? [each.value] : []))
    expect(turns).toHaveLength(5)
    expect(begun.filter((each) => each.status === 'rejected' && each.reason.code === 'too_many_sessions')).toHaveLength(
      15,
    )
    await (await begin(subject.one, 's', 'key:two')).release()
    // One that comes to nothing makes room.
    await turns[0]?.release()
    await (await begin(subject.one, 'another')).commit(addition('"a"'))
  })

  test('fifty sessions at once are fifty sessions', async () => {
    await using subject = await create()
    const names = Array.from({ length: 50 }, (_, n) => `s-${n}`)
    for (const round of ['"1"', '"2"']) {
      await Promise.all(
        names.map(async (name, n) => {
          const turn = await begin(n % 2 === 0 ? subject.one : subject.two, name)
          await turn.commit(addition(round))
        }),
      )
    }
    expect(await subject.one.stats('key:one')).toMatchObject({ sessions: 50, turns: 100, messages: 200, busy: 0 })
  })

  test('a long session is read whole and in order', async () => {
    await using subject = await create()
    const contents = Array.from({ length: 7 }, (_, n) => JSON.stringify(`${n}`.repeat(400_000)))
    for (const content of contents) await (await begin(subject.one)).commit(addition(content))
    expect((await begin(subject.two)).earlier).toEqual(contents)
    expect((await subject.one.find('key:one', 's', roomy))?.turns).toEqual(contents)
  })

  test('removed while turns are added, it leaves nothing behind, and nobody hears more than that it is busy or gone', async () => {
    await using subject = await create()
    const { one, two, store } = subject
    const heard: unknown[] = []
    const hear = (error: unknown): void => void heard.push(Object(error).code ?? error)
    const add = async (sessions: Sessions): Promise<void> => (await begin(sessions)).commit(addition('"a"'))
    for (let round = 0; round < 30; round += 1) {
      const all = [add(one), add(two), two.remove('key:one', 's'), one.remove('key:one', 's'), add(one)]
      await Promise.all(all.map((each) => each.catch(hear)))
    }
    expect(heard.filter((code) => code !== 'session_busy' && code !== 'session_lost')).toEqual([])
    const ids = await store.run((db) => db.selectFrom('sessions').select('id').execute())
    const turns = await store.run((db) => db.selectFrom('session_turns').select('session_id').execute())
    const left = turns.filter((turn) => !ids.some(({ id }) => id === turn.session_id))
    expect(left).toEqual([])
  })

  test('a writer whose lease has ended adds nothing any more', async () => {
    await using subject = await create({ instance: 'another-machine', leaseMs: 60_000 })
    const lost = await begin(subject.one)
    await subject.store.run((db) => db.updateTable('sessions').set({ writer_until: 1 }).execute())
    const next = await begin(subject.two)
    await expect(lost.commit(addition('"lost"'))).rejects.toMatchObject({ code: 'session_lost' })
    await lost.release()
    await next.commit(addition('"kept"'))
    expect((await begin(subject.one)).earlier).toEqual(['"kept"'])
  })

  test('a lease is renewed for as long as a turn takes', async () => {
    await using subject = await create({ leaseMs: 60 })
    const long = await begin(subject.one)
    const ends = await subject.store.run((db) => db.selectFrom('sessions').select('writer_until').executeTakeFirst())
    const renewed = (ends?.writer_until ?? 0) + 60
    await vi.waitUntil(() => Date.now() > renewed, { timeout: 5000, interval: 10 })
    await expect(begin(subject.two)).rejects.toMatchObject({ code: 'session_busy' })
    await long.commit(addition('"a"'))
  })

  test('a process that is gone holds nothing up', async () => {
    await using subject = await create()
    const { newInstanceName } = await import('../../src/instance.ts')
    // As this process would have been called had it begun at another time.
    const gone = newInstanceName().replace(/^(\d+)-\d+/, '$1-1')
    const killed = createSessionsOn(subject.store, { instance: gone })
    await begin(killed)
    const next = await begin(subject.two)
    expect(next.number).toBe(1)
    await next.commit(addition('"a"'))
    killed.close()
  })

  test('an hour after its last turn it is gone: swept, and begun anew under its name', async () => {
    await using subject = await create({ sweepMs: 20, settings: { SESSION_TTL: '3600000' } })
    await (await begin(subject.one, 'old')).commit(addition('"a"'))
    const [expiry] = (await subject.one.list('key:one', { after: undefined, most: 1 })).sessions
    expect((expiry?.expiresAt ?? 0) - Date.now()).toBeGreaterThan(3_590_000)
    const expire = (name: string) =>
      subject.store.run((db) => db.updateTable('sessions').set({ expires_at: 1 }).where('name', '=', name).execute())
    const rows = () => subject.store.run((db) => db.selectFrom('session_turns').selectAll().execute())
    await expire('old')
    expect(await subject.one.find('key:one', 'old', roomy)).toBeUndefined()
    await vi.waitUntil(async () => (await rows()).length === 0, { timeout: 5000, interval: 10 })
    subject.one.close()
    subject.two.close()
    await (await begin(subject.one, 'again')).commit(addition('"a"'))
    await expire('again')
    expect(await begin(subject.two, 'again')).toMatchObject({ number: 1, earlier: [] })
  })

  test('a transcript is what committed turns have appended, in order, whichever instance goes on', async () => {
    await using subject = await create()
    const first = await begin(subject.one)
    expect(await first.transcript().load()).toBeUndefined()
    await first.transcript().append([entry('a'), title])
    await first.transcript().append([entry('b'), title])
    await first.commit(addition('"1"'))
    const second = await begin(subject.two)
    expect(second.transcript().id).toBe(first.transcript().id)
    expect(second.transcript().id).toMatch(/^[\da-f]{8}(?:-[\da-f]{4}){3}-[\da-f]{12}$/)
    const many = Array.from({ length: 120 }, (_, n) => entry(`many-${n}`))
    // What it has taken up it may tell again: before it is read here, and after.
    await second.transcript().append([entry('a')])
    expect(await second.transcript().load()).toEqual([entry('a'), title, entry('b'), title])
    await second.transcript().append([entry('b', 'again'), ...many, many[0] ?? {}])
    await second.commit(addition('"2"'))
    const third = await begin(subject.one)
    await third.transcript().append([entry('a', 'not read before'), entry('c')])
    await third.commit(addition('"3"'))
    const all = [entry('a'), title, entry('b'), title, ...many, entry('c')]
    expect(await (await begin(subject.two)).transcript().load()).toEqual(all)
    expect((await subject.one.find('key:one', 's', roomy))?.turns).toEqual(['"1"', '"2"', '"3"'])
  })

  test('a turn that is given up, tried again or lost leaves none of its steps', async () => {
    await using subject = await create({ instance: 'another-machine', leaseMs: 60_000 })
    const givenUp = await begin(subject.one)
    await givenUp.transcript().append([entry('half')])
    await givenUp.release()
    await expect(givenUp.transcript().append([entry('late')])).rejects.toMatchObject({ code: 'session_lost' })
    const lost = await begin(subject.one)
    expect(await lost.transcript().load()).toBeUndefined()
    await lost.transcript().append([entry('lost')])
    await subject.store.run((db) => db.updateTable('sessions').set({ writer_until: 1 }).execute())
    const next = await begin(subject.two)
    await expect(lost.commit(addition('"lost"'))).rejects.toMatchObject({ code: 'session_lost' })
    await next.transcript().append([entry('first try'), entry('same')])
    await next.transcript().load()
    await next.transcript().append([entry('second try'), entry('same')])
    await next.commit(addition('"kept"'))
    expect(await (await begin(subject.one)).transcript().load()).toEqual([entry('second try'), entry('same')])
  })

  test('a turn that knows its lease is lost takes no more steps', async () => {
    await using subject = await create({ instance: 'another-machine', leaseMs: 60 })
    const lost = await begin(subject.one)
    await subject.store.run((db) => db.updateTable('sessions').set({ writer: 'another-machine/other' }).execute())
    const append = async () => {
      const heard: unknown = await lost
        .transcript()
        .append([entry('a')])
        .catch((error: unknown) => error)
      return Object(heard).code === 'session_lost'
    }
    await vi.waitUntil(append, { timeout: 10_000, interval: 10 })
  })

  test('a turn without steps ends the transcript, and the next one begins another', async () => {
    await using subject = await create()
    const agentic = await begin(subject.one)
    await agentic.transcript().append([entry('a', 'x'.repeat(1000))])
    await agentic.commit(addition('"1"'))
    expect((await subject.one.stats('key:one')).bytes).toBeGreaterThan(1000)
    await (await begin(subject.one)).commit(addition('"2"'))
    expect((await subject.one.stats('key:one')).bytes).toBe(6)
    const next = await begin(subject.two)
    expect(next.earlier).toEqual(['"1"', '"2"'])
    expect(await next.transcript().load()).toBeUndefined()
    expect(next.transcript().id).not.toBe(agentic.transcript().id)
    await next.transcript().append([entry('a')])
    await next.commit(addition('"3"'))
    expect(await (await begin(subject.one)).transcript().load()).toEqual([entry('a')])
  })

  test('a transcript counts into the bytes of its session, and one beyond them fails its turn', async () => {
    await using subject = await create({ settings: { SESSION_MAX_BYTES: '3000' } })
    const first = await begin(subject.one)
    await first.transcript().append([entry('a', 'x'.repeat(2000))])
    await first.commit(addition('"1"'))
    const second = await begin(subject.one)
    const full = { code: 'session_full' }
    await expect(second.transcript().append([entry('b', 'x'.repeat(1000))])).rejects.toMatchObject(full)
    await expect(second.transcript().append([entry('c')])).rejects.toMatchObject(full)
    await expect(second.commit(addition('"2"'))).rejects.toMatchObject(full)
    await second.release()
    expect(await (await begin(subject.two)).transcript().load()).toEqual([entry('a', 'x'.repeat(2000))])
  })

  test('a transcript goes with its session, removed or expired', async () => {
    await using subject = await create({ sweepMs: 20 })
    const rows = () => subject.store.run((db) => db.selectFrom('session_entries').select('entry').execute())
    for (const name of ['removed', 'expired']) {
      const turn = await begin(subject.one, name)
      await turn.transcript().append([entry('a')])
      await turn.commit(addition('"1"'))
    }
    expect(await rows()).toHaveLength(2)
    await subject.one.remove('key:one', 'removed')
    expect(await rows()).toHaveLength(1)
    await subject.store.run((db) => db.updateTable('sessions').set({ expires_at: 1 }).execute())
    await vi.waitUntil(async () => (await rows()).length === 0, { timeout: 10_000, interval: 10 })
  })

  test('system messages are kept until others come, and count into the bytes of their session', async () => {
    await using subject = await create()
    const { one, two } = subject
    const bytes = async () => (await one.stats('key:one')).bytes
    await (await begin(one)).commit({ ...addition('"1"'), system: '"long, long"' })
    await (await begin(two)).commit(addition('"2"'))
    expect(await begin(one)).toMatchObject({ system: '"long, long"', earlier: ['"1"', '"2"'] })
    expect(await bytes()).toBe('"long, long""1""2"'.length)
    await subject.store.run((db) => db.updateTable('sessions').set({ writer: null }).execute())
    await (await begin(two)).commit({ ...addition('"3"'), system: '"é"' })
    expect(await one.find('key:one', 's', roomy)).toMatchObject({ system: '"é"', turns: ['"1"', '"2"', '"3"'] })
    expect(await bytes()).toBe(Buffer.byteLength('"é""1""2""3"'))
  })

  test('those that were stored beside the counts are taken over', async () => {
    await using subject = await create()
    await (await begin(subject.one)).commit(addition('"1"'))
    await subject.store.run(async (db) => {
      await sql`alter table sessions drop column system_bytes`.execute(db)
      await sql`alter table sessions add column system text not null default '"é"'`.execute(db)
      await sql`delete from kysely_migration where name = '0008_session_system'`.execute(db)
    })
    const next = createSessionsOn(subject.again())
    expect(await next.find('key:one', 's', roomy)).toMatchObject({ system: '"é"', turns: ['"1"'], facts: { bytes: 7 } })
    next.close()
  })

  // The other one has its own rounds.
  test.runIf(kind === 'sqlite')('long ones are read one by one, and others have their turn in between', async () => {
    await using subject = await create()
    await (await begin(subject.one)).commit(addition(JSON.stringify('x'.repeat(1_000_000))))
    let rounds = 0
    let next: NodeJS.Immediate | undefined
    const count = (): void => {
      rounds += 1
      next = setImmediate(count)
    }
    count()
    const read = async (): Promise<number> => {
      await subject.one.find('key:one', 's', roomy)
      return rounds
    }
    const ends = await Promise.all(Array.from({ length: 5 }, read))
    clearImmediate(next)
    expect(new Set(ends).size).toBe(5)
  })

  test('it is read where there is room for it, and else left as it is', async () => {
    await using subject = await create()
    await (await begin(subject.one)).commit(addition('"four"'))
    const told: number[] = []
    const full = (bytes: number): void => {
      told.push(bytes)
      throw new Error('full')
    }
    await expect(subject.one.find('key:one', 's', full)).rejects.toThrow('full')
    const request = { principalId: 'key:one', name: 's', requestId: 'req_full', messages: 1, bytes: 10 }
    await expect(subject.one.begin({ ...request, takeRoom: full })).rejects.toThrow('full')
    expect(told).toEqual([6, 6])
    expect(await begin(subject.two)).toMatchObject({ number: 2, earlier: ['"four"'] })
  })

  test('is not removed while a turn is added', async () => {
    await using subject = await create()
    await (await begin(subject.one)).commit(addition('"a"'))
    const turn = await begin(subject.one)
    await expect(subject.two.remove('key:one', 's')).rejects.toMatchObject({ code: 'session_busy' })
    await turn.release()
    expect(await subject.two.remove('key:two', 's')).toBe(false)
    expect(await subject.two.remove('key:one', 's')).toBe(true)
    expect(await subject.two.remove('key:one', 's')).toBe(false)
  })
})
