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
