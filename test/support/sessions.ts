/** Sessions on a database, for tests. */
import { pino } from 'pino'
import { parseConfig, type SettingName } from '../../src/config.ts'
import { newInstanceName } from '../../src/instance.ts'
import { createSessions } from '../../src/sessions/create-sessions.ts'
import type { Sessions } from '../../src/sessions/sessions.ts'
import type { Store } from '../../src/store/store.ts'

export interface TestSessionsOptions {
  readonly settings?: Partial<Record<SettingName, string>>
  readonly instance?: string
  readonly leaseMs?: number
  readonly sweepMs?: number
}

export function createSessionsOn(
  store: Store,
  { settings = {}, instance = newInstanceName(), ...more }: TestSessionsOptions = {},
): Sessions {
  return createSessions({ store, instance, config: parseConfig({}, settings), log: pino({ level: 'silent' }), ...more })
}

/** Where nobody has any. */
export const NO_SESSIONS: Sessions = {
  begin: () => Promise.reject(new Error('there are no sessions')),
  list: () => Promise.resolve({ sessions: [], hasMore: false }),
  find: () => Promise.resolve(undefined),
  remove: () => Promise.resolve(false),
  stats: () => Promise.resolve({ sessions: 0, busy: 0, turns: 0, messages: 0, bytes: 0 }),
  close: () => undefined,
}
