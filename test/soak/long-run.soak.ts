/**
 * Half of what the machine can do, for half an hour, with a fault in a hundred requests: memory, descriptors, processes and
 * files stay as they are, and the ledger has what the model counted. `SOAK_MINUTES` (30) makes it shorter; `npm run soak --
 * long-run` runs it alone, and prints the lines for docs/promises.md. All samples go to bench/results/soak.json.
 */
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { expect, it, vi } from 'vitest'
import { pino } from 'pino'
import { percentile } from '../../bench/load.ts'
import { createStore } from '../../src/store/store.ts'
import type { UsageRow } from '../../src/store/usage-table.ts'
import { allRows } from '../support/ledger-on-store.ts'
import type { Sum } from '../support/ledger-run.ts'
import { COLLECT_ON_SIGNAL, type LiveMemory, liveMemoryOf } from '../support/live-memory.ts'
import { metric, startLoadServer } from '../support/load-run.ts'
import { createMixedLoad } from '../support/mixed-load.ts'
import { gone, workersOf } from '../support/processes.ts'
import { createRandom } from '../support/random.ts'
import { sampleServer, type ServerSample, slopeOf } from '../support/server-samples.ts'

const minutes = Number(process.env['SOAK_MINUTES'] ?? 30)
const WORKERS = 6
const SAMPLE_MS = 10_000
/** All is collected after each of so many parts of the run. */
const COLLECTIONS = 12
/** With what is collected late, which comes and goes by tens of megabytes. */
const MOST_MEGABYTES = 350
/**
 * A line that rises by less is flat: the same memory is measured within some 2 MB from one time to another, 15 minutes of it. After
 * some ten thousand requests it is as large as it gets (memory.soak.ts).
 */
const FLAT_MEGABYTES_PER_HOUR = 30
/** What is compiled as it is used more is on the heap too: three quarters of what 20 minutes added to it, by its snapshots. */
const FLAT_LIVE_HEAP_PER_HOUR = 10
/** Shorter runs are over before memory has settled. */
const JUDGED_MINUTES = 20
const RESULTS = fileURLToPath(new URL('../../bench/results', import.meta.url))

it(`${minutes} minutes at half load with 1 % faults leave memory, descriptors, processes and files flat, and the ledger right to the token`, async () => {
  const temporary = mkdtempSync(join(tmpdir(), 'dragoman-soak-'))
  const env = { MAX_WORKERS: String(WORKERS), IDLE_TIMEOUT: '4000', TMPDIR: temporary }
  const load = await startLoadServer(env, [COLLECT_ON_SIGNAL], { remembers: false })
  const { server } = load
  const mixed = createMixedLoad({ ...load, random: createRandom(1) })
  try {
    // Fresh processes compile while they answer.
    await mixed.flatOut(Math.min(15, minutes * 3), WORKERS)
    const capacity = await mixed.flatOut(Math.min(30, minutes * 6), WORKERS)
    const began = performance.now()
    const seconds = (): number => (performance.now() - began) / 1000
    // The folders that Claude Code keeps there come with its first processes, which have worked by now.
    const samples: ServerSample[] = [await sampleServer(server, { temporary }, 0)]
    const live: LiveSample[] = []
    const collect = async () => live.push({ at: seconds(), ...(await liveMemoryOf(server)) })
    const running = mixed.atRate(minutes * 60, capacity / 2)
    const isOver = running.then(() => true)
    while (!(await Promise.race([isOver, delay(SAMPLE_MS, false)]))) {
      samples.push(await sampleServer(server, { temporary }, seconds()))
      if (seconds() > ((live.length + 1) * minutes * 60) / COLLECTIONS) await collect()
    }
    await atRest(load)
    await collect()
    const last = await sampleServer(server, { temporary }, seconds())
    const rows = await rowsOf(server.dataFolder, mixed.sent())
    const workers = workersOf(server.dataFolder)
    await server.stop()
    await Promise.all(workers.map((pid) => gone(pid, 5000)))

    const facts = {
      capacity,
      sent: mixed.sent(),
      faults: mixed.faults(),
      ends: mixed.ends,
      times: mixed.times,
      wrong: mixed.wrong,
    }
    const checks = [
      ...memoryChecks(samples, live),
      ...checksOf(samples, last),
      ...ledgerChecks(rows, mixed.told, mixed.sent()),
    ]
    mkdirSync(RESULTS, { recursive: true })
    writeFileSync(
      join(RESULTS, 'soak.json'),
      JSON.stringify({ minutes, ...facts, times: undefined, checks, live, samples: [...samples, last] }, null, 1),
    )
    console.log(report({ ...facts, checks }))
    expect(mixed.wrong).toEqual([])
    expect(checks.filter(({ holds }) => !holds)).toEqual([])
    expect((await server.finished).leftovers).toEqual([])
  } finally {
    await load[Symbol.asyncDispose]()
    rmSync(temporary, { recursive: true, force: true })
  }
})

async function atRest({ server }: Awaited<ReturnType<typeof startLoadServer>>): Promise<void> {
  const busy = async (): Promise<number> => (await metric(server, 'dragoman_workers'))['state="busy"'] ?? Number.NaN
  await vi.waitUntil(async () => (await busy()) === 0, { timeout: 20_000, interval: 100 })
}

/** What callers who left had taken is told a moment after they have left, and written a moment later. */
async function rowsOf(dataFolder: string, expected: number): Promise<readonly UsageRow[]> {
  const store = createStore({ url: 'sqlite:', dataFolder, log: pino({ level: 'silent' }) })
  try {
    for (let tries = 0; tries < 60 && (await allRows(store)).length < expected; tries += 1) await delay(500)
    return await allRows(store)
  } finally {
    await store.close()
  }
}

interface LiveSample extends LiveMemory {
  /** Seconds since the first sample. */
  readonly at: number
}

interface Check {
  readonly what: string
  readonly found: string
  readonly bound: string
  readonly holds: boolean
}

const atMost = (what: string, found: number, most: number, digits = 0): Check => ({
  what,
  found: found.toFixed(digits),
  bound: `at most ${most}`,
  holds: found <= most,
})

function memoryChecks(samples: readonly ServerSample[], live: readonly LiveSample[]): Check[] {
  return [
    atMost('memory of the server, most, MB', Math.max(...samples.map(({ megabytes }) => megabytes)), MOST_MEGABYTES),
    flat('memory of the server after collection', live, { of: 'resident', most: FLAT_MEGABYTES_PER_HOUR }),
    flat('heap of the server after collection', live, { of: 'heap', most: FLAT_LIVE_HEAP_PER_HOUR }),
  ]
}

function flat(
  what: string,
  live: readonly LiveSample[],
  { of, most }: { readonly of: keyof LiveMemory; readonly most: number },
): Check {
  const half = live.slice(Math.floor(live.length / 2))
  const { perHour, error } = slopeOf(half.map((sample) => ({ at: sample.at, value: sample[of] })))
  const [first, middle, last] = [live[0], half[0], live.at(-1)].map((sample) => sample?.[of].toFixed(1))
  const isJudged = minutes >= JUDGED_MINUTES
  return {
    what: `${what}, slope of the second half, MB/h`,
    found: `${perHour.toFixed(1)} ± ${error.toFixed(1)} (${first} MB at first, ${middle} in the middle, ${last} at last)`,
    bound: isJudged ? `at most ${most}` : 'not judged in a run this short',
    holds: !isJudged || perHour <= most,
  }
}

function checksOf(samples: readonly ServerSample[], last: ServerSample): Check[] {
  const [first = last] = samples
  const most = (of: (sample: ServerSample) => number): number => Math.max(...[...samples, last].map(of))
  return [
    // Its processes, the spares and the one that waits for whoever comes first; one may be ending while another starts.
    atMost(
      'processes of Claude Code, most',
      most(({ children }) => children),
      WORKERS * 2 + 2,
    ),
    atMost('processes of Claude Code, at rest', last.children, WORKERS + 2),
    { ...atMost('memory of a process, mean of all, MB', last.childMegabytes / Math.max(1, last.children), 400) },
    // Each process has three pipes and up to two connections to the egress and from it.
    atMost('descriptors more than at first, at rest', last.descriptors - first.descriptors, 5 + last.children * 7),
    atMost('temporary files more than at first, at rest', last.temporaryFiles - first.temporaryFiles, 0),
    atMost('homes of processes, at rest', last.homes, last.children),
    atMost(
      'event loop late by, worst p99 of 10 s, ms',
      most(({ lateMs }) => lateMs),
      100,
      1,
    ),
    atMost(
      'zombies, most',
      most(({ zombies }) => zombies),
      0,
    ),
    atMost(
      'orphans, most',
      most(({ orphans }) => orphans),
      0,
    ),
  ]
}

function ledgerChecks(
  rows: readonly UsageRow[],
  told: { readonly whole: Sum; readonly broken: Sum },
  sent: number,
): Check[] {
  const same = (what: string, found: object, expected: object): Check => ({
    what,
    found: JSON.stringify(found),
    bound: JSON.stringify(expected),
    holds: JSON.stringify(found) === JSON.stringify(expected),
  })
  // Nobody counts the output of an answer that breaks off.
  const { outputTokens: _, ...broken } = told.broken
  const { outputTokens: __, ...estimated } = sumOf(rows.filter((row) => row.isEstimate))
  return [
    same('rows of the ledger', { rows: rows.length }, { rows: sent }),
    same('ledger, whole answers', sumOf(rows.filter((row) => !row.isEstimate)), told.whole),
    same('ledger, answers that broke off', estimated, broken),
  ]
}

function sumOf(rows: readonly UsageRow[]): Sum {
  const sum = { calls: 0, inputTokens: 0, cacheReadTokens: 0, cacheWriteTokens: 0, outputTokens: 0 }
  for (const row of rows) {
    sum.calls += row.calls
    sum.inputTokens += row.inputTokens
    sum.cacheReadTokens += row.cacheReadTokens
    sum.cacheWriteTokens += row.cacheWriteTokens
    sum.outputTokens += row.outputTokens
  }
  return sum
}

interface Facts {
  readonly capacity: number
  readonly sent: number
  readonly faults: number
  readonly ends: Readonly<Record<string, number>>
  readonly times: Readonly<Record<string, readonly number[]>>
  readonly wrong: readonly string[]
  readonly checks: readonly Check[]
}

function report({ capacity, sent, faults, ends, times, wrong, checks }: Facts): string {
  const day = new Date().toISOString().slice(0, 10)
  const head = `Soak of ${day}: ${minutes} minutes at ${(capacity / 2).toFixed(1)} requests/s, half of ${capacity.toFixed(1)}; ${sent} requests, ${faults} faults.`
  const rows = checks.map(
    ({ what, found, bound, holds }) => `| ${what} | ${found} | ${bound} | ${holds ? 'holds' : 'BROKEN'} |`,
  )
  const kinds = Object.entries(ends)
    .toSorted(([left], [right]) => left.localeCompare(right))
    .map(([end, count]) => `${end} ${count}`)
  const waits = Object.entries(times).map(
    ([kind, ms]) => `${kind} ${percentile(ms, 0.5).toFixed(0)} / ${percentile(ms, 0.99).toFixed(0)}`,
  )
  const tables = ['| what | found | bound | |', '| --- | --- | --- | --- |', ...rows]
  const ended = [`How they ended: ${kinds.join('; ')}.`, '', `Whole time, p50 / p99 ms: ${waits.join('; ')}.`]
  return ['', head, '', ...tables, '', ...ended, ...wrong, ''].join('\n')
}
