/** Kept answers on a database, for tests. */
import { pino } from 'pino'
import { parseConfig, type SettingName } from '../../src/config.ts'
import { createIdempotencyKeys, type IdempotencyOptions } from '../../src/idempotency/create-idempotency-keys.ts'
import type { IdempotencyKeys } from '../../src/idempotency/idempotency-keys.ts'
import { newInstanceName } from '../../src/instance.ts'
import type { Store } from '../../src/store/store.ts'

export interface TestIdempotencyOptions extends Partial<
  Pick<IdempotencyOptions, 'instance' | 'leaseMs' | 'sweepMs' | 'bounds' | 'log'>
> {
  readonly settings?: Partial<Record<SettingName, string>>
}

export function createIdempotencyOn(
  store: Store,
  { settings = {}, instance = newInstanceName(), ...more }: TestIdempotencyOptions = {},
): IdempotencyKeys {
  const config = parseConfig({}, settings)
  return createIdempotencyKeys({
    store,
    instance,
    currentConfig: () => config,
    log: pino({ level: 'silent' }),
    ...more,
  })
}

/** Keeps nothing: each request is a new one. */
export const NOTHING_KEPT: IdempotencyKeys = {
  begin: () =>
    Promise.resolve({
      kind: 'open',
      longest: 0,
      keep: () => Promise.resolve(),
      release: () => Promise.resolve(),
    }),
  close: () => undefined,
}
