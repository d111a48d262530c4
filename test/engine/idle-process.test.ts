import { expect, it, onTestFinished, vi } from 'vitest'
import { startTestEngine } from '../support/engine.ts'
import { gone } from '../support/processes.ts'

const MINUTE = 60_000

it('a process that nobody has used for ten minutes is ended, and not before', { timeout: 40_000 }, async () => {
  vi.useFakeTimers({ toFake: ['performance', 'setInterval', 'clearInterval'] })
  onTestFinished(() => void vi.useRealTimers())
  await using test = await startTestEngine({ REUSE_WORKERS: 'true', SPARE_WORKERS: '0', MAX_WORKERS: '1' })
  await test.proven()
  await test.ask({ model: 'haiku' })
  const isIdle = () => vi.waitUntil(() => test.engine.status().workers.idle === 1, { timeout: 10_000 })
  await isIdle()
  const [pid] = test.workers()
  vi.advanceTimersByTime(9 * MINUTE)
  await test.ask({ model: 'haiku' })
  await isIdle()
  vi.advanceTimersByTime(9 * MINUTE)
  expect(test.workers()).toEqual([pid])
  vi.advanceTimersByTime(2 * MINUTE)
  vi.useRealTimers()
  await gone(pid ?? 0, 10_000)
  expect(await test.metrics.render()).toContain('dragoman_worker_ends_total{reason="idle"} 1\n')
})
