/** The database and what keys need of it, as the settings say. */
import type { Config } from '../config.ts'
import type { Authentication } from '../keys/authentication.ts'
import { createKeyAuthentication } from '../keys/key-authentication.ts'
import { createPepper, type Pepper } from '../keys/pepper.ts'
import type { Logger } from '../log.ts'
import { hasKeys } from '../store/keys-table.ts'
import { createStore, type Store } from '../store/store.ts'
import { StoreUnavailable } from '../store/store-unavailable.ts'
import { exposureProblem, exposureWarning, isLoopback } from './exposure.ts'
import { UsageError } from './usage-error.ts'

export interface Keys {
  readonly store: Store
  readonly pepper: Pepper
  readonly authentication: Authentication
  close(): Promise<void>
}

export const storeOf = (config: Config, log: Pick<Logger, 'info' | 'warn'>): Store =>
  createStore({ url: config.DATABASE_URL, dataFolder: config.DATA_DIR, log })

export const pepperOf = (config: Config): Pepper => createPepper(config.KEY_PEPPER, config.DATA_DIR)

/**
 * Opens the database. A PostgreSQL that is away is no reason not to start; a file that cannot be used is.
 * @throws Error that says how to mend the file, UsageError when others could call without a key
 */
export async function openKeys(config: Config, log: Logger): Promise<Keys> {
  const store = storeOf(config, log)
  try {
    const stored = await hasStoredKeys(store)
    const problem = exposureProblem(config, stored ?? true)
    if (problem !== undefined) throw new UsageError(problem)
    const warning = exposureWarning(config, stored ?? true)
    if (warning !== undefined) log.warn(warning)
  } catch (error) {
    await store.close()
    throw error
  }
  const pepper = pepperOf(config)
  const authentication = createKeyAuthentication({
    apiKey: config.API_KEY,
    alwaysNeedsKey: !isLoopback(config.HOST),
    store,
    pepper,
    log,
  })
  return {
    store,
    pepper,
    authentication,
    close: async () => {
      authentication.close()
      await store.close()
    },
  }
}

/** Undefined while nobody can say. */
async function hasStoredKeys(store: Store): Promise<boolean | undefined> {
  try {
    return await store.run(hasKeys)
  } catch (error) {
    if (store.kind === 'postgres') return undefined
    throw error instanceof StoreUnavailable ? error.cause : error
  }
}
