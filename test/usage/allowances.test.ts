/** Limits that hold whatever comes at the same time, on both databases. */
import { setImmediate as others } from 'node:timers/promises'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { ApiError } from '../../src/errors.ts'
import type { Grant } from '../../src/keys/grant.ts'
import { readBalances } from '../../src/store/allowances-table.ts'
import type { Store } from '../../src/store/store.ts'
import { createAllowances } from '../../src/usage/allowances.ts'
import { expire } from '../../src/usage/record-usage.ts'
import type { Ledger } from '../../src/usage/request-meter.ts'
import { windowStart } from '../../src/usage/windows.ts'
import { allRows, answer, aRequest, OK, createLedgerOn, estimate, spent } from '../support/ledger-on-store.ts'
import { startTestPostgres, type TestPostgres } from '../support/postgres.ts'
import { createTestStore } from '../support/store.ts'

let postgres: TestPostgres

beforeAll(async () => {
  postgres = await startTestPostgres()
})
afterAll(() => postgres[Symbol.asyncDispose]())

const NANO = 1e9
const balance = async (store: Store, kind: 'usd_day' | 'usd_month' | 'tokens' | 'requests', account = 'key:one') => {
  const [found] = await store.run((db) =>
    readBalances(db, account, [{ kind, startsAt: windowStart(kind, Date.now()) }]),
  )
  return { used: found?.used, reserved: found?.reserved }
}

/** Asks at the same time on all ledgers in turn, and waits with what it was let in for until all have been answered. */
async function race(ledgers: readonly Ledger[], times: number, limits: Partial<Grant>, cost: number) {
  const meters = Array.from({ length: times }, (_, n) => ledgers[n % ledgers.length]?.open(aRequest({}, limits)))
  const asked = await Promise.allSettled(meters.map(async (meter) => meter?.reserve(estimate(cost))))
  const admitted = asked.flatMap((each) => (each.status === 'fulfilled' ? [each.value] : []))
  const refused = asked.flatMap((each) => (each.status === 'rejected' ? [each.reason] : []))
  for (const question of admitted) {
    const attempt = question?.attempt('sonnet')
    attempt?.took(spent({ costUsd: cost, inputTokens: 90, outputTokens: 10 }))
    attempt?.ended()
  }
  meters.forEach((meter) => meter?.end(OK))
  return { admitted: admitted.length, refused }
}

describe.each(['sqlite', 'postgres'] as const)('%s', (kind) => {
  const create = async () => {
    const made = createTestStore(kind === 'sqlite' ? undefined : await postgres.createDatabase())
    const stores = [made.store, made.again()]
    const ledgers = stores.map((store) => createLedgerOn(store, made.dataFolder))
    return {
      ...made,
      ledgers,
      [Symbol.asyncDispose]: async () => {
        for (const ledger of ledgers) await ledger.close(2000)
        await made[Symbol.asyncDispose]()
      },
    }
  }

  test('of 200 requests on two instances with money for three, three are let in', async () => {
    await using subject = await create()
    const { ledgers, store } = subject
    const { admitted, refused } = await race(ledgers, 200, { budgetDayUsd: 3, budgetMonthUsd: 100 }, 1)
    expect(admitted).toBe(3)
    expect(new Set(refused.map((error) => error instanceof ApiError && error.code))).toEqual(
      new Set(['limit_reserved']),
    )
    for (const ledger of ledgers) await ledger.close(2000)
    expect(await balance(store, 'usd_day')).toEqual({ used: 3 * NANO, reserved: 0 })
    expect(await balance(store, 'usd_month')).toEqual({ used: 3 * NANO, reserved: 0 })
  })

  test('a budget that is used up is told as such, with when it resets', async () => {
    await using subject = await create()
    const [ledger] = subject.ledgers
    const limits = { budgetMonthUsd: 0.015 }
    if (ledger === undefined) throw new Error('no ledger')
    await answer(ledger, aRequest({}, limits))
    await answer(ledger, aRequest({}, limits))
    const error = await answer(ledger, aRequest({}, limits)).catch((caught: unknown) => caught)
    expect(error).toMatchObject({ code: 'budget_exceeded' })
    expect(String(error)).toMatch(/for this month is used up\. It resets at \d{4}-\d\d-01T00:00:00\.000Z\./)
  })

  test('requests one after another are let in although each reserves more than there is', async () => {
    await using subject = await create()
    const [ledger] = subject.ledgers
    if (ledger === undefined) throw new Error('no ledger')
    for (let n = 0; n < 10; n += 1) await answer(ledger, aRequest({}, { budgetDayUsd: 0.5 }))
    await ledger.close(2000)
    expect(await balance(subject.store, 'usd_day')).toEqual({ used: 0.1 * NANO, reserved: 0 })
  })

  test('tokens per minute are held back before a call and settled after it', async () => {
    await using subject = await create()
    const { ledgers, store } = subject
    const { admitted } = await race(ledgers, 20, { tokensPerMinute: 250 }, 1)
    for (const ledger of ledgers) await ledger.close(2000)
    expect(admitted).toBe(3)
    expect(await balance(store, 'tokens')).toEqual({ used: 300, reserved: 0 })
  })

  test('requests per minute are counted to the last one across instances', async () => {
    await using subject = await create()
    const counting = [subject.store, subject.again()].map((store) => createAllowances(store, () => 1000))
    const counted = await Promise.all(
      Array.from({ length: 200 }, async (_, n) => counting[n % 2]?.countRequest('key:one', 50)),
    )
    expect(counted.filter((each) => each?.allowed)).toHaveLength(50)
    expect(counted.every((each) => each !== undefined && each.resetMs > 0 && each.resetMs <= 60_000)).toBe(true)
  })

  test('what a server that is gone had reserved counts as used, until it is told better', async () => {
    await using subject = await create()
    const { store } = subject
    const [ledger] = subject.ledgers
    if (ledger === undefined) throw new Error('no ledger')
    const meter = ledger.open(aRequest({}, { budgetDayUsd: 3 }))
    const question = await meter.reserve(estimate(2))
    expect(await balance(store, 'usd_day')).toEqual({ used: 0, reserved: 2 * NANO })
    await store.run((db) => expire(db, Date.now() + 60_001))
    expect(await balance(store, 'usd_day')).toEqual({ used: 2 * NANO, reserved: 0 })
    await store.run((db) => expire(db, Date.now() + 60_001))
    expect(await balance(store, 'usd_day')).toEqual({ used: 2 * NANO, reserved: 0 })
    const attempt = question.attempt('sonnet')
    attempt.took(spent({ costUsd: 0.5 }))
    attempt.ended()
    meter.end(OK)
    await ledger.close(2000)
    expect(await balance(store, 'usd_day')).toEqual({ used: 0.5 * NANO, reserved: 0 })
  })

  test('a request that still runs when its time is over reserves more, and is counted once', async () => {
    await using subject = await create()
    const { store, ledgers } = subject
    const [ledger] = ledgers
    if (ledger === undefined) throw new Error('no ledger')
    const meter = ledger.open(aRequest({}, { budgetDayUsd: 9 }))
    await meter.reserve(estimate(2))
    await store.run((db) => expire(db, Date.now() + 60_001))
    const question = await meter.reserve(estimate(1))
    expect(await balance(store, 'usd_day')).toEqual({ used: 0, reserved: 3 * NANO })
    const attempt = question.attempt('sonnet')
    attempt.took(spent({ costUsd: 0.5 }))
    attempt.ended()
    meter.end(OK)
    await ledger.close(2000)
    expect(await balance(store, 'usd_day')).toEqual({ used: 0.5 * NANO, reserved: 0 })
  })

  test('requests that reserve more while others are over their time do not wait for one another', async () => {
    await using subject = await create()
    const { store, ledgers } = subject
    const tidying = new AbortController()
    const failed: unknown[] = []
    const tidy = async (): Promise<void> => {
      while (!tidying.signal.aborted) {
        await store.run((db) => expire(db, Date.now() + 60_001)).catch((error: unknown) => failed.push(error))
        await others()
      }
    }
    const tidied = tidy()
    const ask = async (n: number): Promise<void> => {
      const account = { principalId: `key:${n % 3}` }
      const meter = ledgers[n % ledgers.length]?.open(aRequest(account, { budgetDayUsd: 900 }))
      for (let question = 0; question < 4; question += 1) await meter?.reserve(estimate(1))
      meter?.end(OK)
    }
    await Promise.all(Array.from({ length: 30 }, (_, n) => ask(n)))
    tidying.abort()
    await tidied
    await Promise.all(ledgers.map((ledger) => ledger.close(5000)))
    expect(failed).toEqual([])
    for (const n of [0, 1, 2]) expect(await balance(store, 'usd_day', `key:${n}`)).toEqual({ used: 0, reserved: 0 })
  })

  test('eight hundred callers with all limits, at the same moment, are let in, and what they had reserved comes to its end', async () => {
    await using subject = await create()
    const { store } = subject
    const allowances = createAllowances(store, () => 60_000)
    const limits = { tokens: 100, usd_day: NANO, usd_month: NANO }
    const ask = (n: number) => {
      const account = `key:${n}`
      return allowances.reserve({ id: `req_${n}`, account, at: Date.now(), tokens: 10, costNano: 5 }, limits)
    }
    const refusals = await Promise.all(Array.from({ length: 800 }, (_, n) => ask(n)))
    expect(refusals.every((refusal) => refusal === undefined)).toBe(true)
    await store.run((db) => expire(db, Date.now() + 60_001))
    expect(await balance(store, 'usd_day', 'key:799')).toEqual({ used: 5, reserved: 0 })
    expect(await balance(store, 'tokens', 'key:0')).toEqual({ used: 10, reserved: 0 })
  })

  test('a row that is told twice is counted once', async () => {
    await using subject = await create()
    const { store } = subject
    const [ledger, other] = subject.ledgers
    if (ledger === undefined || other === undefined) throw new Error('no ledger')
    const request = aRequest({}, { budgetDayUsd: 3 })
    await answer(ledger, request)
    await ledger.close(2000)
    await answer(other, { ...request, grant: { scopes: ['chat'] } })
    await other.close(2000)
    expect(await allRows(store)).toHaveLength(1)
    expect(await balance(store, 'usd_day')).toEqual({ used: 0.01 * NANO, reserved: 0 })
  })
})
