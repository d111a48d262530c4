/**
 * What the server keeps when all is collected. `SOAK_MEMORY_TURNS` (2,000; about 3 minutes on 2 cores) and `SOAK_MEMORY_REQUESTS`
 * (40,000; about 4 minutes) make it shorter.
 */
import { setTimeout as delay } from 'node:timers/promises'
import { expect, it } from 'vitest'
import { openFiles } from '../support/file-descriptors.ts'
import { COLLECT_ON_SIGNAL, type LiveMemory, liveMemoryOf } from '../support/live-memory.ts'
import { type LoadServer, runLoad, startLoadServer } from '../support/load-run.ts'
import { createMixedLoad, USUAL_KINDS } from '../support/mixed-load.ts'
import { createRandom } from '../support/random.ts'
import { createScriptedChild } from '../support/scripted-child.ts'

const turns = Number(process.env['SOAK_MEMORY_TURNS'] ?? 2000)
const requests = Number(process.env['SOAK_MEMORY_REQUESTS'] ?? 40_000)
const PARTS = 8

interface Memory extends LiveMemory {
  readonly files: number
}

async function memoryOf({ server }: LoadServer): Promise<Memory> {
  return { ...(await liveMemoryOf(server)), files: openFiles(server.pid) }
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

/** Ten times as many a second as of the real one. It has no functions. */
it(`after ${requests} requests of all kinds to a stand-in for Claude Code it is as large as after half of them`, async () => {
  const env = { MAX_WORKERS: '6', CLAUDE_CLI_PATH: createScriptedChild().path, MODEL_ALIASES: '{"haiku":"sonnet"}' }
  await using load = await startLoadServer(env, [COLLECT_ON_SIGNAL], { remembers: false })
  const usual = USUAL_KINDS.filter((kind) => kind !== 'call')
  const mixed = createMixedLoad({ ...load, random: createRandom(4), usual })
  const seen: Memory[] = []
  for (let part = 1; part <= PARTS; part += 1) {
    while (mixed.sent() < (requests / PARTS) * part) await mixed.flatOut(5, 12)
    // What they took is written down by then.
    await delay(3000)
    seen.push(await memoryOf(load))
  }
  console.log(seen)
  expect(mixed.wrong).toEqual([])
  const [half, all] = [seen[PARTS / 2 - 1], seen.at(-1)]
  expect(all?.heap).toBeLessThanOrEqual((half?.heap ?? 0) * 1.05)
  expect(all?.resident).toBeLessThanOrEqual((half?.resident ?? 0) * 1.05)
  expect(all?.files).toBeLessThanOrEqual((half?.files ?? 0) + 5)
})
