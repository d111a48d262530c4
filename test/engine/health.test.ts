import { pino } from 'pino'
import { expect, test, vi } from 'vitest'
import { createHealth } from '../../src/engine/health.ts'
import { TurnFailure } from '../../src/turn/turn-failure.ts'

const log = pino({ level: 'silent' })

test('a start that failed once is tried again without a request', async () => {
  let tries = 0
  const warmUp = (): Promise<never> => {
    tries += 1
    return Promise.reject(new TurnFailure('worker_unavailable', 'not this time'))
  }
  const health = createHealth({ warmUp, log, tryAgainMs: 5 })
  await vi.waitUntil(() => tries >= 3, { timeout: 10_000, interval: 10 })
  expect(health.status().state).toBe('degraded')
  health.drain()
})

test('after a refused login one turn may try, and only an answer makes it ready', async () => {
  const introduction = { version: '2', models: [], loginSource: 'key', subscription: 'max' }
  const health = createHealth({ warmUp: () => Promise.resolve(introduction), log, trialAfterMs: 5 })
  await health.models()
  expect(health.account()).toEqual({ subscription: 'max' })
  health.sawFailure(new TurnFailure('upstream_auth', 'no'))
  expect(health.status()).toMatchObject({ state: 'degraded' })
  await vi.waitUntil(() => health.status().trial === true, { timeout: 10_000, interval: 2 })
  expect(health.status().state).toBe('degraded')
  health.sawTurn()
  expect(health.status().trial).toBeUndefined()
  health.sawAnswer()
  expect(health.status().state).toBe('ready')
  health.drain()
})
