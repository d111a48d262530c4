/** Rows of the ledger into the database, and what they mean for the limits of their callers, exactly once. */
import {
  changeBalances,
  expireReservations,
  forgetOldAllowances,
  type FoundReservation,
  takeReservations,
} from '../store/allowances-table.ts'
import type { Change, Database } from '../store/store.ts'
import { forgetOldUsage, insertUsage, type UsageRow } from '../store/usage-table.ts'
import { allowanceOf, amountOf, SPENDING_KINDS } from './allowances.ts'
import { setImmediate as others } from 'node:timers/promises'
import { windowStart } from './windows.ts'

const HOUR = 3_600_000
const DAY = 24 * HOUR

/** Rows that are there already change nothing. */
export async function recordUsage(db: Database, rows: readonly UsageRow[]): Promise<void> {
  await db.transaction().execute(async (transaction) => {
    const fresh = await insertUsage(transaction, rows)
    const taken = new Map(fresh.map((row) => [row.id, takenIn(row)]))
    const reservations = await takeReservations(transaction, [...taken.keys()])
    await settle(transaction, reservations, ({ id }) => taken.get(id) ?? NOTHING)
  })
}

interface Taken {
  readonly tokens: number
  readonly costNano: number
}

const NOTHING: Taken = { tokens: 0, costNano: 0 }

const takenIn = ({ inputTokens, outputTokens, costNano }: UsageRow): Taken => ({
  tokens: inputTokens + outputTokens,
  costNano,
})

/** In place of what was held back comes what was taken. */
async function settle(
  db: Change,
  reservations: readonly FoundReservation[],
  takenBy: (reservation: FoundReservation) => Taken,
): Promise<void> {
  const allowances = reservations.flatMap((reservation) => SPENDING_KINDS.map((kind) => allowanceOf(reservation, kind)))
  await changeBalances(db, allowances, false, (balances) => {
    for (const reservation of reservations) {
      for (const kind of SPENDING_KINDS) {
        // None is there for a limit that the caller does not have.
        const balance = balances.of(allowanceOf(reservation, kind))
        if (balance === undefined) continue
        const held = amountOf(reservation, kind)
        balance.used += amountOf(takenBy(reservation), kind) - (reservation.isCounted ? held : 0)
        if (!reservation.isCounted) balance.reserved -= held
      }
    }
  })
}

/** What a server that is gone for good had reserved counts as used: nobody knows better. */
export async function expire(db: Database, now: number): Promise<void> {
  let count: number
  do {
    await others()
    count = await db.transaction().execute(async (transaction) => {
      const expired = await expireReservations(transaction, now, EXPIRED_AT_ONCE)
      await settle(
        transaction,
        expired.map((reservation) => ({ ...reservation, isCounted: false })),
        (reservation) => reservation,
      )
      return expired.length
    })
  } while (count === EXPIRED_AT_ONCE)
}

const EXPIRED_AT_ONCE = 300

/**
 * Takes out what is too old to matter. The sums by day stay.
 * @param keptMs how long rows of the ledger are kept
 */
export async function forgetOld(db: Database, now: number, keptMs: number): Promise<void> {
  const windows = [
    { kind: 'requests', startsAt: now - HOUR },
    { kind: 'tokens', startsAt: now - DAY },
    { kind: 'usd_day', startsAt: now - 40 * DAY },
    { kind: 'usd_month', startsAt: windowStart('usd_month', now - 400 * DAY) },
  ] as const
  await forgetOldAllowances(db, windows, now - 40 * DAY)
  // Each is a short wait for the whole process: what is left comes with the next round.
  for (let round = 0; round < 20 && (await forgetOldUsage(db, now - keptMs)); round += 1) await others()
}
