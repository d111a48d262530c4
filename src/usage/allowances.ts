/**
 * Limits that hold across all processes on one database. A request is let in as long as what is used and what running
 * requests have reserved is below the limit; so a limit is passed by one request's reservation at most, however many come
 * at a time. Whoever asks while a transaction is under way shares the next one.
 */
import {
  addReservations,
  type Allowance,
  type AllowanceKind,
  type Balances,
  changeBalances,
  type Reservation,
  reviveReservations,
} from '../store/allowances-table.ts'
import type { Change, Store } from '../store/store.ts'
import { windowEnd, windowStart } from './windows.ts'

export interface Allowances {
  /** Counts a request at this moment, if the limit has room for it. @throws StoreUnavailable */
  countRequest(account: string, perMinute: number): Promise<CountedRequest>
  /**
   * @param isFurther whether the request may have reserved before
   * @returns why not, where there is no room. @throws StoreUnavailable
   */
  reserve(reservation: Reservation, limits: SpendingLimits, isFurther?: boolean): Promise<Refusal | undefined>
}

export interface CountedRequest {
  readonly allowed: boolean
  /** In this minute, this one included if it is allowed. */
  readonly used: number
  /** Until the minute is over. */
  readonly resetMs: number
}

/** Absent ones are none. */
export interface SpendingLimits {
  readonly tokens?: number
  /** In billionths of a US dollar. */
  readonly usd_day?: number
  readonly usd_month?: number
}

export interface Refusal {
  readonly kind: Exclude<AllowanceKind, 'requests'>
  /** Whether it is used up; else running requests hold back what is left, for as long as they run. */
  readonly isUsedUp: boolean
  /** When its window ends, in milliseconds since 1970. */
  readonly resetAt: number
}

/** The limits on what is spent. */
export const SPENDING_KINDS = ['tokens', 'usd_day', 'usd_month'] as const

/** @param reservedForMs a reservation that nobody has settled by then counts as used */
export function createAllowances(store: Store, reservedForMs: () => number, now: () => number = Date.now): Allowances {
  const waiting: Demand[] = []
  let isRunning = false
  const run = async (): Promise<void> => {
    if (isRunning) return
    isRunning = true
    for (;;) {
      const demands = waiting.splice(0, MOST_AT_ONCE)
      if (demands.length === 0) break
      try {
        await store.run((db) =>
          db.transaction().execute((transaction) => decide(transaction, demands, now() + reservedForMs())),
        )
        for (const demand of demands) demand.tell()
      } catch (error) {
        for (const demand of demands) demand.fail(error)
      }
    }
    isRunning = false
  }
  const ask = <T>(
    demand: Pick<Demand, 'allowances' | 'furtherOf'>,
    judge: (balances: Balances) => Judgement<T>,
  ): Promise<T> =>
    new Promise((resolve, reject) => {
      let judged: Judgement<T> | undefined
      waiting.push({
        ...demand,
        judge: (balances) => (judged = judge(balances)).reservation,
        tell: () => (judged === undefined ? reject(new Error('a demand was not judged')) : resolve(judged.answer)),
        fail: reject,
      })
      void run()
    })
  return {
    countRequest(account, perMinute) {
      const at = now()
      const allowance = { account, kind: 'requests', startsAt: windowStart('requests', at) } as const
      const resetMs = windowEnd('requests', at) - at
      return ask({ allowances: [allowance] }, (balances) => {
        const balance = balances.of(allowance) ?? { used: perMinute, reserved: 0 }
        const allowed = balance.used < perMinute
        if (allowed) balance.used += 1
        return { answer: { allowed, used: balance.used, resetMs } }
      })
    },
    reserve(reservation, limits, isFurther = false) {
      const kinds = SPENDING_KINDS.filter((kind) => limits[kind] !== undefined)
      const allowances = kinds.map((kind) => allowanceOf(reservation, kind))
      const demand = isFurther ? { allowances, furtherOf: reservation.id } : { allowances }
      return ask(demand, (balances) => judgeReservation(reservation, limits, balances))
    },
  }
}

/** A transaction holds its rows until it is done; and SQLite finds no more than a thousand in one statement, three for each. */
const MOST_AT_ONCE = 300

interface Judgement<T> {
  readonly answer: T
  readonly reservation?: Reservation
}

interface Demand {
  readonly allowances: readonly Allowance[]
  /** The request that may have reserved before. */
  readonly furtherOf?: string
  /** Changes the balances. @returns what is to be reserved */
  judge(balances: Balances): Reservation | undefined
  /** What was judged holds. */
  tell(): void
  fail(error: unknown): void
}

async function decide(db: Change, demands: readonly Demand[], expiresAt: number): Promise<void> {
  const allowances = demands.flatMap((demand) => demand.allowances)
  const revived = await reviveReservations(
    db,
    demands.flatMap(({ furtherOf }) => furtherOf ?? []),
  )
  const reservations = await changeBalances(db, allowances, true, (balances) => {
    for (const reservation of revived) holdBackAgain(reservation, balances)
    return demands.flatMap((demand) => demand.judge(balances) ?? [])
  })
  await addReservations(db, reservations, expiresAt)
}

/** It was counted as used, but its request still runs. */
function holdBackAgain(reservation: Reservation, balances: Balances): void {
  for (const kind of SPENDING_KINDS) {
    const balance = balances.of(allowanceOf(reservation, kind))
    if (balance === undefined) continue
    balance.used -= amountOf(reservation, kind)
    balance.reserved += amountOf(reservation, kind)
  }
}

function judgeReservation(
  reservation: Reservation,
  limits: SpendingLimits,
  balances: Balances,
): Judgement<Refusal | undefined> {
  const found = SPENDING_KINDS.flatMap((kind) => {
    const limit = limits[kind]
    const balance = balances.of(allowanceOf(reservation, kind))
    return limit === undefined || balance === undefined ? [] : [{ kind, limit, balance }]
  })
  const full = found.filter(({ limit, balance }) => balance.used + balance.reserved >= limit)
  // What is used up says more than what is held back.
  const worst = full.find(({ limit, balance }) => balance.used >= limit) ?? full[0]
  if (worst !== undefined) {
    const { kind, limit, balance } = worst
    return { answer: { kind, isUsedUp: balance.used >= limit, resetAt: windowEnd(kind, reservation.at) } }
  }
  for (const { kind, balance } of found) balance.reserved += amountOf(reservation, kind)
  return { answer: undefined, reservation }
}

export function allowanceOf({ account, at }: Pick<Reservation, 'account' | 'at'>, kind: AllowanceKind): Allowance {
  return { account, kind, startsAt: windowStart(kind, at) }
}

/** What something takes of an allowance of this kind. */
export function amountOf(
  taken: Pick<Reservation, 'tokens' | 'costNano'>,
  kind: Exclude<AllowanceKind, 'requests'>,
): number {
  return kind === 'tokens' ? taken.tokens : taken.costNano
}
