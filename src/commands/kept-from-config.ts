import type { CurrentConfig } from '../config.ts'
import type { Services } from '../endpoints/services.ts'
import { createIdempotencyKeys } from '../idempotency/create-idempotency-keys.ts'
import type { Logger } from '../log.ts'
import { createSessions } from '../sessions/create-sessions.ts'
import type { Store } from '../store/store.ts'
import type { Ledger } from '../usage/request-meter.ts'
import type { Workspaces } from '../workspaces/workspaces.ts'

export interface KeptOptions {
  readonly store: Store
  /** The name of this instance. */
  readonly instance: string
  readonly currentConfig: CurrentConfig
  readonly log: Logger
  readonly metering: { readonly ledger: Pick<Ledger, 'flush'> }
  readonly workspaces: Pick<Workspaces, 'remove'>
}

/** What is said and has to outlive its request. */
export interface Kept {
  readonly services: Pick<Services, 'sessions' | 'idempotencyKeys'>
  close(): void
}

export function openKept({ metering, workspaces, ...options }: KeptOptions): Kept {
  const sessions = createSessions({
    ...options,
    flushUsage: () => metering.ledger.flush(),
    ended: ({ principalId, sessionId }) => workspaces.remove(principalId, sessionId),
  })
  const idempotencyKeys = createIdempotencyKeys(options)
  return {
    services: { sessions, idempotencyKeys },
    close: () => {
      sessions.close()
      idempotencyKeys.close()
    },
  }
}
