import { expect, it, vi } from 'vitest'
import { startTestEngine } from '../support/engine.ts'
import { runIsolation } from '../support/isolation-run.ts'

it('no mark of a turn is ever in another one, whatever happened between them', { timeout: 120_000 }, async () => {
  await using test = await startTestEngine({ REUSE_WORKERS: 'true', MAX_WORKERS: '4' })
  await test.proven()
  const run = { turns: 54, principals: 3, runLength: 18, atOnce: 2, seed: 7 }
  const { leaks, outcomes, bodies, settings } = await runIsolation(test, run)
  expect(leaks).toEqual([])
  expect(bodies).toBeGreaterThan(run.turns - 6)
  // The baseline, and every set of parameters.
  expect(settings).toBe(5)
  // Each kind of ending happened, and as it should; a kill can also hit the process of another turn.
  const endings = Object.keys(outcomes).filter((ending) => !/: worker_(?:died|unavailable)$/.test(ending))
  expect(endings.toSorted()).toEqual([
    'abort: aborted',
    'answer: done',
    'call: tool_calls',
    'chat: done',
    'cut: stream_interrupted',
    'error: upstream_invalid_request',
    'greeting: done',
    'kill: done',
    'leave: aborted',
    'limit: length',
    'overloaded: upstream_overloaded',
    'parameters: done',
    'refusal: refusal',
    'results: done',
  ])
  await vi.waitUntil(() => test.engine.status().workers.busy === 0, { timeout: 10_000, interval: 10 })
  // Held conversations were gone on with, and emptied processes used again.
  const metrics = await test.metrics.render()
  for (const kind of ['continued', 'reused'])
    expect(metrics).toMatch(new RegExp(`leases_total\\{kind="${kind}"\\} [1-9]`))
  expect(test.workers('sonnet').length).toBeLessThanOrEqual(4)
})
