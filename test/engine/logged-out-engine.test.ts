import { pino } from 'pino'
import { expect, test, vi } from 'vitest'
import { createLoggedOutEngine } from '../../src/engine/logged-out-engine.ts'
import type { LoginResult } from '../../src/engine/login-method.ts'
import { createFakeEngine } from '../support/fake-engine.ts'

const log = pino({ level: 'silent' })
const FOUND: LoginResult = { login: { method: 'cli', source: 'here', env: {}, missing: [] } }

test('a login is looked for without a turn, and the engine is started once', async () => {
  let result: LoginResult = { missing: 'log in' }
  const start = vi.fn<() => Promise<ReturnType<typeof createFakeEngine>>>(() => Promise.resolve(createFakeEngine()))
  const engine = createLoggedOutEngine({ missing: 'log in', look: () => result, start, log, lookMs: 5 })
  expect(engine.status()).toMatchObject({ state: 'degraded', auth: { method: 'none', missing: ['log in'] } })
  result = FOUND
  await vi.waitUntil(() => engine.status().state === 'ready', { timeout: 10_000, interval: 5 })
  await Promise.all([engine.models(), engine.models()])
  expect(start).toHaveBeenCalledTimes(1)
  await engine.close(0)
})

test('an engine that cannot be started is tried again', async () => {
  let tries = 0
  const start = () => {
    tries += 1
    return tries < 3 ? Promise.reject(new Error('not this time')) : Promise.resolve(createFakeEngine())
  }
  const engine = createLoggedOutEngine({ missing: 'log in', look: () => FOUND, start, log, lookMs: 5 })
  await vi.waitUntil(() => engine.status().state === 'ready', { timeout: 10_000, interval: 5 })
  await engine.close(0)
})

test('after its end no engine is started', async () => {
  const start = vi.fn<() => Promise<ReturnType<typeof createFakeEngine>>>(() => Promise.resolve(createFakeEngine()))
  const engine = createLoggedOutEngine({ missing: 'log in', look: () => FOUND, start, log, lookMs: 60_000 })
  await engine.close(0)
  await expect(engine.models()).rejects.toMatchObject({ kind: 'not_authenticated' })
  expect(engine.status().state).toBe('draining')
  expect(start).not.toHaveBeenCalled()
})
