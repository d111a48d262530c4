/** `dragoman keys`: who may call, and what. On the same database as the server, which may run meanwhile. */
import { loadEnvironment, parseConfig } from '../config.ts'
import { createKeyBook, type KeyBook, KeyBookError, type NewKey } from '../keys/key-book.ts'
import type { StoredKey } from '../store/keys-table.ts'
import { StoreUnavailable } from '../store/store-unavailable.ts'
import { type KeyFlags, parseDuration, readTerms } from './key-terms.ts'
import { pepperOf, storeOf } from './keys-from-config.ts'
import type { Output } from './output.ts'
import { serverUrl } from './server-url.ts'
import type { SettingFlags } from './setting-flags.ts'
import { UsageError } from './usage-error.ts'

export interface KeysCommand {
  readonly settings: SettingFlags
  readonly output: Output
  /** For programs instead of people. */
  readonly json: boolean
}

export async function createKey(command: KeysCommand, flags: KeyFlags): Promise<void> {
  const terms = readTerms(flags, Date.now())
  const made = await withKeyBook(command, (book) => book.create(terms))
  writeNewKey(command, made)
}

export async function listKeys(command: KeysCommand): Promise<void> {
  const keys = await withKeyBook(command, (book) => book.list())
  if (command.json) return writeJson(command, { keys: keys.map(shown) })
  if (keys.length === 0) {
    command.output.write('No keys yet: dragoman keys create --name <name>\n')
    return
  }
  command.output.write(table([HEADINGS, ...keys.map((key) => rowOf(key, Date.now()))]))
}

export async function revokeKey(command: KeysCommand, name: string): Promise<void> {
  const key = await withKeyBook(command, (book) => book.revoke(name))
  if (command.json) return writeJson(command, shown(key))
  command.output.write(`Revoked "${key.name}" (${key.id}). Running requests with it end within 5 seconds.\n`)
}

/** @param grace how long the old key still works, such as `24h` */
export async function rotateKey(command: KeysCommand, name: string, grace: string | undefined): Promise<void> {
  const graceMs = grace === undefined ? 0 : parseDuration('--grace', grace)
  const made = await withKeyBook(command, (book) => book.rotate(name, graceMs))
  writeNewKey(command, made)
}

async function withKeyBook<T>({ settings }: KeysCommand, use: (book: KeyBook) => Promise<T>): Promise<T> {
  const config = parseConfig(loadEnvironment(), settings)
  const store = storeOf(config, { info: () => undefined, warn: () => undefined })
  try {
    return await use(createKeyBook(store, pepperOf(config)))
  } catch (error) {
    if (error instanceof KeyBookError) throw new UsageError(error.message)
    if (!(error instanceof StoreUnavailable)) throw error
    const reason = error.cause instanceof Error ? error.cause.message : String(error.cause)
    throw new Error(`the database cannot be used: ${reason}`, { cause: error })
  } finally {
    await store.close()
  }
}

function writeNewKey(command: KeysCommand, { key, stored }: NewKey): void {
  if (command.json) return writeJson(command, { ...shown(stored), key })
  const url = serverUrl(parseConfig(loadEnvironment(), command.settings))
  command.output.write(
    [
      `Key "${stored.name}" (${stored.id}), shown this once:`,
      '',
      `  ${key}`,
      '',
      `  curl ${url}/v1/models -H "authorization: Bearer ${key}"`,
      '',
    ].join('\n'),
  )
}

function writeJson({ output }: KeysCommand, value: unknown): void {
  output.write(`${JSON.stringify(value, null, 2)}\n`)
}

const toTime = (ms: number | null): string | null => (ms === null ? null : new Date(ms).toISOString())

/** All of it but the hash. */
function shown(key: StoredKey): Record<string, unknown> {
  const times = { createdAt: toTime(key.createdAt), expiresAt: toTime(key.expiresAt), revokedAt: toTime(key.revokedAt) }
  return { ...key, ...times, hash: undefined, pepperId: undefined }
}

const HEADINGS = ['ID', 'NAME', 'KEY', 'STATE', 'SCOPES', 'MODELS', 'LIMITS', 'CREATED', 'EXPIRES']

function rowOf(key: StoredKey, now: number): readonly string[] {
  const limits = [
    [key.requestsPerMinute, (bound: number) => `${bound} requests/min`],
    [key.tokensPerMinute, (bound: number) => `${bound} tokens/min`],
    [key.budgetDayUsd, (bound: number) => `$${bound}/day`],
    [key.budgetMonthUsd, (bound: number) => `$${bound}/month`],
  ] as const
  const told = limits.flatMap(([bound, tell]) => (bound === null ? [] : [tell(bound)]))
  return [
    key.id,
    key.name,
    `${key.prefix}…`,
    stateOf(key, now),
    key.scopes.join(','),
    key.models?.join(',') ?? 'all',
    told.join(', ') || 'none',
    dayOf(key.createdAt),
    key.expiresAt === null ? 'never' : dayOf(key.expiresAt),
  ]
}

function stateOf({ revokedAt, expiresAt }: StoredKey, now: number): string {
  if (revokedAt !== null) return 'revoked'
  return expiresAt !== null && expiresAt <= now ? 'expired' : 'live'
}

const dayOf = (ms: number): string => new Date(ms).toISOString().slice(0, 10)

function table(rows: readonly (readonly string[])[]): string {
  const widths = HEADINGS.map((_, column) => Math.max(...rows.map((row) => row[column]?.length ?? 0)))
  const lines = rows.map((row) => row.map((cell, column) => cell.padEnd(widths[column] ?? 0)).join('  '))
  return lines.map((line) => `${line.trimEnd()}\n`).join('')
}
