/** The server's own memory over 2,000 turns: about 3 minutes on 2 cores. `SOAK_MEMORY_TURNS` makes it shorter. */
import { expect, it, vi } from 'vitest'
import { openFiles } from '../support/file-descriptors.ts'
import { type LoadServer, metric, runLoad, startLoadServer } from '../support/load-run.ts'
import { residentMegabytes } from '../support/processes.ts'

const turns = Number(process.env['SOAK_MEMORY_TURNS'] ?? 2000)
/** What is only waiting to be collected is no leak. */
const COLLECT_ON_SIGNAL =
  'data:text/javascript,import v8 from "node:v8";import vm from "node:vm";v8.setFlagsFromString("--expose-gc");' +
  'const gc=vm.runInNewContext("gc");process.on("SIGWINCH",()=>{gc();console.error("collected")})'

interface Memory {
  readonly heap: number
  readonly resident: number
  readonly files: number
}

async function memoryOf({ server }: LoadServer): Promise<Memory> {
  const collections = (): number => server.stderr().split('collected').length
  const before = collections()
  server.signal('SIGWINCH')
  await vi.waitUntil(() => collections() > before, { timeout: 5000 })
  const heap = ((await metric(server, 'nodejs_heap_size_used_bytes'))[''] ?? Number.NaN) / 1_048_576
  return { heap, resident: residentMegabytes(server.pid), files: openFiles(server.pid) }
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
