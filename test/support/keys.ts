/** An app behind keys of a database, and the book to make them with. */
import { vi } from 'vitest'
import { createKeyAuthentication } from '../../src/keys/key-authentication.ts'
import { createKeyBook, type KeyBook } from '../../src/keys/key-book.ts'
import { createPepper } from '../../src/keys/pepper.ts'
import type { Authentication } from '../../src/keys/authentication.ts'
import type { KeyTerms } from '../../src/store/keys-table.ts'
import { createUsageReports } from '../../src/usage/usage-reports.ts'
import { parseConfig } from '../../src/config.ts'
import { createMeteringOn } from './ledger-on-store.ts'
import { createIdempotencyOn } from './idempotency.ts'
import { createSessionsOn } from './sessions.ts'
import { createMcpServersOn } from './mcp.ts'
import type { Probe } from '../../src/mcp/probe.ts'
import { createTestRateLimits } from './rate-limits.ts'
import { createTestApp, type TestApp, type TestAppOptions } from './app.ts'
import { createToolsOn } from './tools.ts'
import type { Services } from '../../src/endpoints/services.ts'
import { createTestStore, type TestStore } from './store.ts'

export interface KeyedApp extends TestApp, Omit<TestStore, 'log'> {
  /** A key that was made is asked for. */
  readonly book: KeyBook
  readonly authentication: Authentication
  readonly tools: Services['tools']
  /** What the database and the keys logged. */
  readonly storeLog: TestStore['log']
}

export interface KeyedAppOptions extends Omit<TestAppOptions, 'authentication' | 'store'> {
  /** `DATABASE_URL`. */
  readonly url?: string
  readonly alwaysNeedsKey?: boolean
  readonly pollMs?: number
  readonly freshMs?: number
  readonly awayMs?: number
  /** What is asked is written into the database, and limits hold. */
  readonly withLedger?: boolean
  /** Default: every MCP server works, and has no tools. */
  readonly probe?: Probe
}

export function createKeyedApp(options: KeyedAppOptions = {}): KeyedApp {
  const { url, alwaysNeedsKey = false, pollMs = 20, freshMs, awayMs, withLedger = false, probe, ...more } = options
  const { log: storeLog, ...test } = createTestStore(url)
  const { store } = test
  const pepper = createPepper(more.settings?.KEY_PEPPER, test.dataFolder)
  const log = { warn: (message: string) => storeLog.push({ msg: message }) }
  const apiKey = more.settings?.API_KEY
  const authentication = createKeyAuthentication({
    apiKey,
    alwaysNeedsKey,
    store,
    pepper,
    log,
    pollMs,
    ...(freshMs !== undefined && { freshMs }),
    ...(awayMs !== undefined && { awayMs }),
  })
  const book = createKeyBook(store, pepper)
  const metering = withLedger ? createMeteringOn(store, test.dataFolder) : undefined
  const usage =
    metering === undefined ? {} : { ledger: metering.ledger, usage: createUsageReports(store, metering.ledger) }
  const config = parseConfig({}, more.settings)
  const flushUsage = (): Promise<void> => metering?.ledger.flush() ?? Promise.resolve()
  const sessions = createSessionsOn(store, { settings: more.settings ?? {}, flushUsage })
  const idempotencyKeys = createIdempotencyOn(store, { settings: more.settings ?? {} })
  const mcp = createMcpServersOn(store, pepper, { config, ...(probe !== undefined && { probe }) })
  const rateLimits = more.rateLimits ?? createTestRateLimits(config, metering)
  const tools = more.tools ?? createToolsOn(store, more.settings)
  return {
    ...createTestApp({ ...more, authentication, store, rateLimits, sessions, idempotencyKeys, tools, mcp, ...usage }),
    ...test,
    storeLog,
    authentication,
    tools,
    book: {
      ...book,
      create: async (wanted) => {
        const made = await book.create(wanted)
        await vi.waitUntil(() => authentication.needsKey(), { timeout: 5000, interval: 5 })
        return made
      },
    },
    [Symbol.asyncDispose]: async () => {
      authentication.close()
      sessions.close()
      idempotencyKeys.close()
      await tools.counts.close(5000)
      await mcp.close()
      await metering?.ledger.close(5000)
      await test[Symbol.asyncDispose]()
    },
  }
}

export function terms(more: Partial<KeyTerms> = {}): KeyTerms {
  return {
    name: 'team',
    scopes: ['chat'],
    models: null,
    tools: null,
    mcpServers: null,
    requestsPerMinute: null,
    tokensPerMinute: null,
    budgetDayUsd: null,
    budgetMonthUsd: null,
    expiresAt: null,
    ...more,
  }
}

/** A header with the key. */
export const bearer = (key: string): { authorization: string } => ({ authorization: `Bearer ${key}` })
