/** 10,000 turns: about 15 minutes on 2 cores. `SOAK_TURNS` makes it shorter. */
import { expect, it, vi } from 'vitest'
import { startTestEngine } from '../support/engine.ts'
import { runIsolation } from '../support/isolation-run.ts'

const turns = Number(process.env['SOAK_TURNS'] ?? 10_000)

it(`${turns} turns of 4 principals in runs of 25 on reused processes leave no mark in each other`, async () => {
  await using test = await startTestEngine({ REUSE_WORKERS: 'true', MAX_WORKERS: '6' })
  await test.proven()
  const run = { turns, principals: 4, runLength: 25, atOnce: 3, seed: 42 }
  const { leaks, outcomes, bodies } = await runIsolation(test, run)
  await vi.waitUntil(() => test.engine.status().workers.busy === 0, { timeout: 10_000 })
  const metrics = await test.metrics.render()
  console.log(outcomes, { bodies }, metrics.match(/^dragoman_(leases|worker)\w*_total.*$/gm))
  expect(leaks).toEqual([])
  expect(test.workers('sonnet').length).toBeLessThanOrEqual(6)
})
