import { expect, it, vi } from 'vitest'
import { startTestEngine } from '../support/engine.ts'
import { runIsolation } from '../support/isolation-run.ts'

const turns = Number(process.env['SOAK_TURNS'] ?? 10_000)

it(`${turns} turns of 4 principals in runs of 25 on reused processes leave no mark in each other`, async () => {
  await using test = await startTestEngine({ REUSE_WORKERS: 'true', MAX_WORKERS: '3' })
  await test.proven()
  const before = process.memoryUsage().rss
  const { leaks, outcomes } = await runIsolation(test, { turns, principals: 4, runLength: 25, seed: 42 })
  await vi.waitUntil(() => test.engine.status().workers.busy === 0)
  console.log(
    outcomes,
    await test.metrics.render().then((text) => text.match(/^dragoman_(leases|worker)\w*_total.*$/gm)),
  )
  console.log(`memory of this process: ${Math.round((process.memoryUsage().rss - before) / 1_000_000)} MB more`)
  expect(leaks).toEqual([])
  expect(test.workers('sonnet').length).toBeLessThanOrEqual(3)
})
