/** Authentication by the configured key alone, for tests that need no database. */
import { configuredKey } from '../../src/keys/configured-key.ts'
import { ANONYMOUS, type Authentication } from '../../src/keys/authentication.ts'
import { FULL_GRANT, NO_GRANT } from '../../src/keys/grant.ts'
import type { Store } from '../../src/store/store.ts'

export function createTestAuthentication(apiKey: string | undefined): Authentication {
  const byKey = configuredKey(apiKey)
  const anybody = {
    principal: ANONYMOUS,
    trusted: apiKey === undefined,
    grant: apiKey === undefined ? FULL_GRANT : NO_GRANT,
  }
  return {
    needsKey: () => apiKey !== undefined,
    identify: (key) => Promise.resolve((key === undefined ? undefined : byKey(key)) ?? anybody),
    watch: () => () => undefined,
    close: () => undefined,
  }
}

export const ANY_STORE: Pick<Store, 'status'> = { status: () => ({ state: 'ready', wasReady: true }) }
