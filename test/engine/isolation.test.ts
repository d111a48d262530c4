import { expect, it, vi } from 'vitest'
import { startTestEngine } from '../support/engine.ts'
import { runIsolation } from '../support/isolation-run.ts'

it('no mark of a turn is ever in another one, whatever happened between them', { timeout: 120_000 }, async () => {
  await using test = await startTestEngine({ REUSE_WORKERS: 'true', MAX_WORKERS: '2' })
  await test.proven()
  const { leaks, outcomes } = await runIsolation(test, { turns: 100, principals: 4, runLength: 12, seed: 7 })
  expect(leaks).toEqual([])
  // Each kind of ending happened, and as it should.
  expect(Object.keys(outcomes).toSorted()).toEqual([
    'abort: aborted',
    'answer: done',
    'chat: done',
    'cut: stream_interrupted',
    'error: upstream_invalid_request',
    'kill: done',
    'limit: done',
    'parameters: done',
    'refusal: done',
  ])
  await vi.waitUntil(() => test.engine.status().workers.busy === 0)
  expect(test.workers('sonnet').length).toBeLessThanOrEqual(2)
})
