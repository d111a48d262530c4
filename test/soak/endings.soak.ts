/**
 * 10,000 requests with aborts, errors, broken answers and killed processes, then the server itself is killed: about 20
 * minutes on 2 cores. `SOAK_TURNS` makes it shorter.
 */
import { expect, it, vi } from 'vitest'
import { openFiles } from '../support/file-descriptors.ts'
import { metric, runLoad, startLoadServer, zombiesOf } from '../support/load-run.ts'
import { gone, workersOf } from '../support/processes.ts'

const turns = Number(process.env['SOAK_TURNS'] ?? 10_000)
const LIMIT = 4

it(`${turns} requests with aborts and kills leave no process, no descriptor and nothing that waits`, async () => {
  await using load = await startLoadServer({ MAX_WORKERS: String(LIMIT) })
  const { server } = load
  const before = openFiles(server.pid)
  const { outcomes, dishonest, samples } = await runLoad(load, { turns, atOnce: LIMIT, seed: 1, kills: true })
  console.log(outcomes, samples)
  expect(dishonest).toEqual([])
  expect(outcomes['answer: 200 whole']).toBeGreaterThan(turns / 4)
  const busy = async (): Promise<number> => (await metric(server, 'dragoman_workers'))['state="busy"'] ?? Number.NaN
  await vi.waitUntil(async () => (await busy()) === 0, { timeout: 10_000 })
  expect((await metric(server, 'dragoman_queue_length'))['']).toBe(0)
  expect(zombiesOf(server.pid)).toEqual([])
  const workers = workersOf(server.dataFolder)
  // Its processes, the spares and the one that waits for whoever comes first.
  expect(workers.length).toBeLessThanOrEqual(LIMIT + 2)
  // Each process has three pipes and up to two connections to the egress and from it.
  expect(openFiles(server.pid) - before).toBeLessThanOrEqual(5 + workers.length * 7)

  server.signal('SIGKILL')
  await Promise.all(workers.map((pid) => gone(pid, 5000)))
})
