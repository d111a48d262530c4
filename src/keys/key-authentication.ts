/**
 * Who calls, by `API_KEY` and the keys of the database. A key that the database has told of is believed for a minute without
 * asking again, and every one of them is looked up anew each `pollMs`, so that a revoked one ends in time. While the
 * database is away, known keys go on for ten minutes; nobody else is let in, and nobody is told that the key is wrong.
 */
import { ApiError } from '../errors.ts'
import type { Logger } from '../log.ts'
import { findKeyByHash, findKeys, hasKeys, pepperIds, type StoredKey } from '../store/keys-table.ts'
import type { Store } from '../store/store.ts'
import { ANONYMOUS, type Authentication, type Caller } from './authentication.ts'
import { configuredKey } from './configured-key.ts'
import { FULL_GRANT, type Grant, NO_GRANT, SCOPES } from './grant.ts'
import { hashOf, isGenuine, pepperIdOf } from './key-text.ts'
import { KnownKeys } from './known-keys.ts'
import type { Pepper } from './pepper.ts'

export interface KeyAuthenticationOptions {
  readonly apiKey: string | undefined
  /** A key is needed also where none is stored: others than this machine can connect. */
  readonly alwaysNeedsKey: boolean
  readonly store: Store
  readonly pepper: Pepper
  readonly log: Pick<Logger, 'warn'>
  readonly pollMs?: number
  /** How long a key is believed without a look into the database, and how long while that is away. */
  readonly freshMs?: number
  readonly awayMs?: number
}

const POLL_MS = 1500
const FRESH_MS = 60_000
const AWAY_MS = 600_000

export function createKeyAuthentication(options: KeyAuthenticationOptions): Authentication {
  const { store, pepper, freshMs = FRESH_MS, awayMs = AWAY_MS } = options
  const byConfiguredKey = configuredKey(options.apiKey)
  const known = new KnownKeys()
  const need = createNeed(options)
  const watchers = createWatchers()

  /** @throws whatever keeps the database from telling */
  const look = async (hash: string): Promise<StoredKey | undefined> => {
    const cached = known.get(hash)
    const age = cached === undefined ? Infinity : performance.now() - cached.confirmedAt
    if (cached !== undefined && age < freshMs) return cached.key
    try {
      const key = await store.run((db) => findKeyByHash(db, hash))
      if (key === undefined) known.forget(hash)
      else known.confirm(key)
      return key
    } catch (error) {
      if (cached !== undefined && age < awayMs) return cached.key
      throw error
    }
  }
  const byStoredKey = async (key: string): Promise<Caller> => {
    const secret = await pepper.read()
    const genuine = secret !== undefined && isGenuine(key, secret)
    if (genuine) {
      const stored = await look(hashOf(key, secret))
      if (stored !== undefined) return callerOf(stored)
    }
    // A key is called wrong only while the database could say otherwise.
    return nobody(store.status().state === 'ready' ? wrongKey() : unavailable())
  }
  const poll = async (): Promise<void> => {
    await need.ask()
    const cached = known.all().filter((key) => key.revokedAt === null)
    const ids = new Set([...cached.map((key) => key.id), ...watchers.ids()])
    if (ids.size === 0) {
      // Whether it is there is worth knowing before the next caller asks.
      await store.run(hasKeys)
      return
    }
    const found = new Map((await store.run((db) => findKeys(db, [...ids]))).map((key) => [key.id, key]))
    for (const key of found.values()) known.confirm(key)
    for (const key of cached) if (!found.has(key.id)) known.forget(key.hash)
    // Of those that came meanwhile nothing was asked.
    watchers.cut((id) => (ids.has(id) ? endOf(found.get(id)) : undefined))
  }
  const polling = repeat(poll, options.pollMs ?? POLL_MS)

  return {
    needsKey: () => need.isKnown(),
    async identify(key) {
      const configured = key === undefined ? undefined : byConfiguredKey(key)
      if (configured !== undefined) return configured
      try {
        if (!(await need.ask())) return { principal: ANONYMOUS, trusted: true, grant: FULL_GRANT }
        return key === undefined ? nobody() : await byStoredKey(key)
      } catch (error) {
        return nobody(unavailable(error))
      }
    },
    watch: ({ keyId }, cut) => (keyId === undefined ? () => undefined : watchers.add(keyId, cut)),
    close: () => polling.stop(),
  }
}

interface Need {
  /** Whether callers need a key. Once they do, they always do. */
  ask(): Promise<boolean>
  isKnown(): boolean
}

/** Asks the database until there is a key; in between, the last answer holds for as long as polling takes. */
function createNeed({ apiKey, alwaysNeedsKey, store, pepper, log, pollMs = POLL_MS }: KeyAuthenticationOptions): Need {
  let isNeeded = apiKey !== undefined || alwaysNeedsKey
  let isWarned = false
  let askedAt = -Infinity
  const warnOfOtherPepper = async (): Promise<void> => {
    if (isWarned) return
    isWarned = true
    const ids = await store.run(pepperIds)
    const secret = await pepper.read()
    const own = secret === undefined ? undefined : pepperIdOf(secret)
    if (ids.some((id) => id !== own)) {
      log.warn('the database holds keys that were made with another pepper, which nobody can use here: see KEY_PEPPER')
    }
  }
  return {
    isKnown: () => isNeeded,
    async ask() {
      if (isNeeded || performance.now() - askedAt < pollMs) return isNeeded
      try {
        isNeeded = await store.run(hasKeys)
        askedAt = performance.now()
        if (isNeeded) await warnOfOtherPepper()
      } catch (error) {
        // A server of which it is known that it has no keys needs no database to answer.
        if (askedAt === -Infinity) throw error
      }
      return isNeeded
    },
  }
}

interface Watchers {
  add(keyId: string, cut: (reason: ApiError) => void): () => void
  ids(): readonly string[]
  /** @param reasonOf why requests with this key have to end; undefined when they need not */
  cut(reasonOf: (keyId: string) => ApiError | undefined): void
}

function createWatchers(): Watchers {
  const cutsByKey = new Map<string, Set<(reason: ApiError) => void>>()
  return {
    add(keyId, cut) {
      const cuts = cutsByKey.get(keyId) ?? new Set()
      cutsByKey.set(keyId, cuts.add(cut))
      return () => {
        cuts.delete(cut)
        if (cuts.size === 0 && cutsByKey.get(keyId) === cuts) cutsByKey.delete(keyId)
      }
    },
    ids: () => [...cutsByKey.keys()],
    cut(reasonOf) {
      for (const [keyId, cuts] of cutsByKey) {
        const reason = reasonOf(keyId)
        if (reason !== undefined) for (const cut of cuts) cut(reason)
      }
    },
  }
}

function repeat(work: () => Promise<void>, everyMs: number): { stop(): void } {
  let isStopped = false
  let timer: NodeJS.Timeout | undefined
  const again = (): void => {
    // A database that is away is asked again the next time; the store has told of it.
    if (!isStopped) timer = setTimeout(() => void work().then(again, again), everyMs).unref()
  }
  again()
  return {
    stop() {
      isStopped = true
      clearTimeout(timer)
    },
  }
}

function callerOf(key: StoredKey): Caller {
  const end = endOf(key)
  if (end !== undefined) return nobody(end)
  return { principal: { id: `key:${key.account}` }, trusted: true, grant: grantOf(key), keyId: key.id }
}

function grantOf({ scopes, models, tools, mcpServers, ...key }: StoredKey): Grant {
  return {
    scopes: SCOPES.filter((scope) => scopes.includes(scope)),
    ...(models !== null && { models }),
    ...(tools !== null && { tools }),
    ...(mcpServers !== null && { mcpServers }),
    ...(key.requestsPerMinute !== null && { requestsPerMinute: key.requestsPerMinute }),
    ...(key.tokensPerMinute !== null && { tokensPerMinute: key.tokensPerMinute }),
    ...(key.budgetDayUsd !== null && { budgetDayUsd: key.budgetDayUsd }),
    ...(key.budgetMonthUsd !== null && { budgetMonthUsd: key.budgetMonthUsd }),
  }
}

/** Why a key is none any more. Only who holds it is told. */
function endOf(key: StoredKey | undefined): ApiError | undefined {
  if (key === undefined || key.revokedAt !== null) {
    return new ApiError('invalid_api_key', { message: 'This API key has been revoked.' })
  }
  if (key.expiresAt === null || key.expiresAt > Date.now()) return undefined
  return new ApiError('invalid_api_key', { message: 'This API key has expired.' })
}

const wrongKey = (): ApiError => new ApiError('invalid_api_key', { message: 'The API key is not valid.' })

const unavailable = (cause?: unknown): ApiError =>
  new ApiError('store_unavailable', cause === undefined ? {} : { cause })

function nobody(refusal?: ApiError): Caller {
  return { principal: ANONYMOUS, trusted: false, grant: NO_GRANT, ...(refusal !== undefined && { refusal }) }
}
