/** The server's own memory over 2,000 turns: about 3 minutes on 2 cores. `SOAK_MEMORY_TURNS` makes it shorter. */
import { expect, it } from 'vitest'
import { openFiles } from '../support/file-descriptors.ts'
import { COLLECT_ON_SIGNAL, liveHeapOf } from '../support/live-heap.ts'
import { type LoadServer, runLoad, startLoadServer } from '../support/load-run.ts'
import { residentMegabytes } from '../support/processes.ts'

const turns = Number(process.env['SOAK_MEMORY_TURNS'] ?? 2000)

interface Memory {
  readonly heap: number
  readonly resident: number
  readonly files: number
}

async function memoryOf({ server }: LoadServer): Promise<Memory> {
  return { heap: await liveHeapOf(server), resident: residentMegabytes(server.pid), files: openFiles(server.pid) }
}

it(`after ${turns} turns the server is at most a tenth larger than after a quarter of them`, async () => {
  await using load = await startLoadServer({ MAX_WORKERS: '3' }, [COLLECT_ON_SIGNAL])
  await runLoad(load, { turns: Math.ceil(turns / 4), atOnce: 3, seed: 2, kills: false })
  const early = await memoryOf(load)
  await runLoad(load, { turns: turns - Math.ceil(turns / 4), atOnce: 3, seed: 3, kills: false })
  const late = await memoryOf(load)
  console.log({ early, late })
  expect(late.heap).toBeLessThanOrEqual(early.heap * 1.1)
  expect(late.resident).toBeLessThanOrEqual(early.resident * 1.1)
  expect(late.files).toBeLessThanOrEqual(early.files + 5 + 3 * 4)
})
