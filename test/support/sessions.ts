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
  readonly flushUsage?: () => Promise<void>
  readonly ended?: (session: { readonly principalId: string; readonly sessionId: string }) => Promise<void>
}

export function createSessionsOn(
  store: Store,
  { settings = {}, instance = newInstanceName(), ...more }: TestSessionsOptions = {},
): Sessions {
  const config = parseConfig({}, settings)
  return createSessions({ store, instance, currentConfig: () => config, log: pino({ level: 'silent' }), ...more })
}

const NOTHING = {
  calls: 0,
  inputTokens: 0,
  cacheReadTokens: 0,
  cacheWriteTokens: 0,
  outputTokens: 0,
  reasoningTokens: 0,
  costNano: 0,
}

/** Where there is one of every name, in which nothing was said, and nobody can say anything. */
export const ANY_SESSIONS: Sessions = {
  begin: () => Promise.reject(new Error('these sessions take no turns')),
  list: () => Promise.resolve({ sessions: [], hasMore: false }),
  find: (_, name) => {
    const times = { createdAt: 0, usedAt: 0, expiresAt: 0 }
    const facts = { name, ...times, turns: 0, messages: 0, bytes: 0, model: null, isBusy: false }
    return Promise.resolve({ facts, system: '[]', turns: [], taken: NOTHING })
  },
  remove: () => Promise.resolve(true),
  stats: () => Promise.resolve({ sessions: 0, busy: 0, turns: 0, messages: 0, bytes: 0 }),
  close: () => undefined,
}
