/**
 * What callers have used up of their limits, window by window, and what their running requests may still use. Several
 * processes count in the same rows: a transaction locks the rows that it changes, always in the same order.
 */
import type { Selectable } from 'kysely'
import { locksRows } from './lock-rows.ts'
import type { Change, Database } from './store.ts'

export interface AllowancesTable {
  readonly account: string
  readonly kind: AllowanceKind
  /** When the window began, in milliseconds since 1970. */
  readonly starts_at: number
  readonly used: number
  readonly reserved: number
}

/** Whole requests and tokens by the minute, billionths of a US dollar by the day and the month, in UTC. */
export type AllowanceKind = 'requests' | 'tokens' | 'usd_day' | 'usd_month'

export interface ReservationsTable {
  /** The request's. */
  readonly id: string
  readonly account: string
  /** When the request came: it says which windows it is reserved in. */
  readonly at: number
  readonly tokens: number
  readonly cost_nano: number
  readonly expires_at: number
  /** 1 once it is over its time, and counted as used. */
  readonly is_counted: 0 | 1
}

export interface Allowance {
  readonly account: string
  readonly kind: AllowanceKind
  readonly startsAt: number
}

/** To be changed in place. */
export interface Balance {
  used: number
  reserved: number
}

/** What a running request may use. */
export interface Reservation {
  readonly id: string
  readonly account: string
  readonly at: number
  readonly tokens: number
  readonly costNano: number
}

export interface Balances {
  /** Undefined for one that was not asked for. */
  of(allowance: Allowance): Balance | undefined
}

/**
 * Locks balances, hands them to `change`, and writes what that made of them, all in one transaction.
 * @param create whether a balance that is not there begins at nothing; else it is left out
 */
export async function changeBalances<T>(
  db: Change,
  allowances: readonly Allowance[],
  create: boolean,
  change: (balances: Balances) => T,
): Promise<T> {
  const wanted = distinct(allowances)
  if (create && wanted.length > 0) {
    const empty = wanted.map(({ account, kind, startsAt }) => ({ account, kind, starts_at: startsAt, ...NOTHING }))
    await db
      .insertInto('allowances')
      .values(empty)
      .onConflict((conflict) => conflict.doNothing())
      .execute()
  }
  const balances = new Map<string, Balance>()
  const before = new Map<string, Balance>()
  for (const row of await lockRows(db, wanted)) {
    const key = keyOf({ ...row, startsAt: row.starts_at })
    balances.set(key, { used: row.used, reserved: row.reserved })
    before.set(key, { used: row.used, reserved: row.reserved })
  }
  const result = change({ of: (allowance) => balances.get(keyOf(allowance)) })
  for (const allowance of wanted) {
    const key = keyOf(allowance)
    const now = balances.get(key)
    const was = before.get(key)
    if (now === undefined || was === undefined || (now.used === was.used && now.reserved === was.reserved)) continue
    await db
      .updateTable('allowances')
      .set({ used: now.used, reserved: now.reserved })
      .where('account', '=', allowance.account)
      .where('kind', '=', allowance.kind)
      .where('starts_at', '=', allowance.startsAt)
      .execute()
  }
  return result
}

const NOTHING = { used: 0, reserved: 0 } as const

async function lockRows(db: Change, wanted: readonly Allowance[]): Promise<readonly Selectable<AllowancesTable>[]> {
  if (wanted.length === 0) return []
  return db
    .selectFrom('allowances')
    .selectAll()
    .where((row) =>
      row.or(wanted.map(({ account, kind, startsAt }) => row.and({ account, kind, starts_at: startsAt }))),
    )
    .orderBy('account')
    .orderBy('kind')
    .orderBy('starts_at')
    .$if(locksRows(db), (query) => query.forUpdate())
    .execute()
}

function distinct(allowances: readonly Allowance[]): readonly Allowance[] {
  const byKey = new Map(allowances.map((allowance) => [keyOf(allowance), allowance]))
  return [...byKey].toSorted(([a], [b]) => (a < b ? -1 : 1)).map(([, allowance]) => allowance)
}

const keyOf = ({ account, kind, startsAt }: Allowance): string => JSON.stringify([account, kind, startsAt])

/** A request may reserve more than once: it adds up. */
export async function addReservations(
  db: Change,
  reservations: readonly Reservation[],
  expiresAt: number,
): Promise<void> {
  if (reservations.length === 0) return
  const rows = sumUp(reservations).map(({ id, account, at, tokens, costNano }) => ({
    id,
    account,
    at,
    tokens,
    cost_nano: costNano,
    expires_at: expiresAt,
    is_counted: 0 as const,
  }))
  await db
    .insertInto('reservations')
    .values(rows)
    .onConflict((conflict) =>
      conflict.column('id').doUpdateSet((row) => ({
        tokens: row('reservations.tokens', '+', row.ref('excluded.tokens')),
        cost_nano: row('reservations.cost_nano', '+', row.ref('excluded.cost_nano')),
        expires_at: row.ref('excluded.expires_at'),
      })),
    )
    .execute()
}

/** One statement cannot change a row twice. */
function sumUp(reservations: readonly Reservation[]): readonly Reservation[] {
  const byId = new Map<string, Reservation>()
  for (const each of reservations) {
    const other = byId.get(each.id)
    const sum =
      other === undefined
        ? each
        : { ...each, tokens: other.tokens + each.tokens, costNano: other.costNano + each.costNano }
    byId.set(each.id, sum)
  }
  return [...byId.values()]
}

export interface FoundReservation extends Reservation {
  readonly isCounted: boolean
}

/** Takes them away. */
export async function takeReservations(db: Change, ids: readonly string[]): Promise<readonly FoundReservation[]> {
  if (ids.length === 0) return []
  const rows = await db.deleteFrom('reservations').where('id', 'in', ids).returningAll().execute()
  return rows.map(fromRow)
}

/** Some of those that are over their time and not counted yet, of which nobody else takes care meanwhile; marks them as counted. */
export async function expireReservations(db: Change, now: number, most: number): Promise<readonly FoundReservation[]> {
  const over = db
    .selectFrom('reservations')
    .select('id')
    .where('expires_at', '<', now)
    .where('is_counted', '=', 0)
    .limit(most)
    .$if(locksRows(db), (query) => query.forUpdate().skipLocked())
  const rows = await db
    .updateTable('reservations')
    .set({ is_counted: 1 })
    .where('id', 'in', over)
    .returningAll()
    .execute()
  return rows.map(fromRow)
}

/**
 * Before requests reserve more: locks what they have reserved, which whoever settles does before it locks balances too, and
 * marks it as not counted.
 * @returns what was counted, because a machine slept or its clock was set while the request ran
 */
export async function reviveReservations(db: Change, ids: readonly string[]): Promise<readonly FoundReservation[]> {
  if (ids.length === 0) return []
  const rows = await db
    .selectFrom('reservations')
    .selectAll()
    .where('id', 'in', ids)
    .orderBy('id')
    .$if(locksRows(db), (query) => query.forUpdate())
    .execute()
  const counted = rows.filter((row) => row.is_counted === 1).map(fromRow)
  if (counted.length === 0) return []
  const countedIds = counted.map(({ id }) => id)
  await db.updateTable('reservations').set({ is_counted: 0 }).where('id', 'in', countedIds).execute()
  return counted
}

function fromRow(row: Selectable<ReservationsTable>): FoundReservation {
  const { id, account, at, tokens } = row
  return { id, account, at, tokens, costNano: row.cost_nano, isCounted: row.is_counted === 1 }
}

/** What an account has used up, in the given windows. */
export async function readBalances(
  db: Database,
  account: string,
  windows: readonly Pick<Allowance, 'kind' | 'startsAt'>[],
): Promise<readonly (Balance & Allowance)[]> {
  const rows = await db
    .selectFrom('allowances')
    .selectAll()
    .where('account', '=', account)
    .where((row) => row.or(windows.map(({ kind, startsAt }) => row.and({ kind, starts_at: startsAt }))))
    .execute()
  return rows.map(({ kind, starts_at: startsAt, used, reserved }) => ({ account, kind, startsAt, used, reserved }))
}

/**
 * What no limit looks at any more, and reservations that nobody has come back to.
 * @param before windows of each kind that began earlier are over
 */
export async function forgetOldAllowances(
  db: Database,
  before: readonly Pick<Allowance, 'kind' | 'startsAt'>[],
  expiredBefore: number,
): Promise<void> {
  for (const { kind, startsAt } of before) {
    await db.deleteFrom('allowances').where('kind', '=', kind).where('starts_at', '<', startsAt).execute()
  }
  await db.deleteFrom('reservations').where('is_counted', '=', 1).where('expires_at', '<', expiredBefore).execute()
}
