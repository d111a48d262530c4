/**
 * Streams side by side: every delta once and in order, and how much further apart two deltas are at the caller than at the
 * model. First eight for a minute, then more and more until one delta in a hundred is more than 100 ms late.
 */
import { freemem } from 'node:os'
import { join } from 'node:path'
import { startClockModel } from './clock-model.ts'
import { percentile } from './load.ts'
import { type Bench, ms, printTable } from './part.ts'
import { meterTree } from './process-tree.ts'
import { startServer } from './server.ts'
import { readStampedStream, type StampedStream } from './stamped-stream.ts'

const DELTAS_PER_SECOND = 40
const EVERY_MS = 1000 / DELTAS_PER_SECOND
const MORE_AND_MORE = [12, 16, 24, 32, 40, 48, 56, 64]
const MOST_ADDED_GAP_MS = 100
/** What a process and its stream take at most. */
const BYTES_EACH = 300e6
const CORES = 2

export interface Result {
  readonly expected: number
  readonly deltas: number
  /** Deltas that came twice, came out of order, or did not come. */
  readonly wrong: number
  readonly errors: number
  readonly addedGaps: readonly number[]
  /** From the model's sending to the caller, of each delta. */
  readonly ways: readonly number[]
}

export async function streams({ quick, folder }: Bench): Promise<void> {
  const model = await startClockModel()
  const env = { MAX_WORKERS: String(MORE_AND_MORE.at(-1)), SPARE_WORKERS: '0' }
  const server = await startServer({ modelUrl: model.url, dataFolder: join(folder, 'streams'), env })
  const row = printTable([
    'streams at 40 deltas/s',
    'seconds',
    'deltas',
    'lost, twice or out of order',
    'errors',
    'added gap p50 / p99 ms',
    'model to caller p50 / p99 ms',
    'cores: Dragoman / its processes / model and callers',
  ])
  /** @returns the added gap that one in a hundred passes */
  const measure = async (count: number, seconds: number): Promise<number> => {
    const run = (length: number): Promise<Result> => runStreams(server.url, count, length * DELTAS_PER_SECOND)
    // Fresh processes compile while they answer: that is not what is asked here.
    await run(quick ? 1 : 5)
    const meter = meterTree(server.pid)
    const before = process.cpuUsage()
    const began = performance.now()
    const result = await run(seconds)
    const elapsed = (performance.now() - began) / 1000
    const { user, system } = process.cpuUsage(before)
    const { cpuSeconds, rootCpuSeconds } = meter.stop()
    const cores = [rootCpuSeconds, cpuSeconds - rootCpuSeconds, (user + system) / 1e6]
    const worst = percentile(result.addedGaps, 0.99)
    row([
      count,
      seconds,
      `${result.deltas} of ${result.expected}`,
      result.wrong,
      result.errors,
      `${ms(percentile(result.addedGaps, 0.5))} / ${ms(worst)}`,
      `${ms(percentile(result.ways, 0.5))} / ${ms(percentile(result.ways, 0.99))}`,
      cores.map((used) => (used / elapsed).toFixed(2)).join(' / '),
    ])
    return result.errors > 0 ? Number.POSITIVE_INFINITY : worst
  }
  try {
    const worst = await measure(8, quick ? 5 : 60)
    const ceiling =
      worst > MOST_ADDED_GAP_MS ? 'Not even 8 held.' : await findCeiling((n) => measure(n, quick ? 4 : 20))
    console.log(`\n${ceiling}`)
  } finally {
    await server.stop()
    await model.close()
  }
}

async function findCeiling(measure: (count: number) => Promise<number>): Promise<string> {
  let held = 8
  for (const count of MORE_AND_MORE) {
    if (freemem() < (count - held) * BYTES_EACH) return `Memory for ${count} streams is not there; ${held} held.`
    if ((await measure(count)) > MOST_ADDED_GAP_MS)
      return `Ceiling on ${CORES} cores: ${held} streams; at ${count} the p99 passes ${MOST_ADDED_GAP_MS} ms.`
    held = count
  }
  return `${held} streams held; more were not tried.`
}

/** So many streams at a time, of so many deltas each, 40 a second. */
export async function runStreams(url: string, count: number, deltas: number): Promise<Result> {
  const runs = Array.from({ length: count }, () =>
    readStampedStream({ url, deltas, everyMs: EVERY_MS }).catch(() => undefined),
  )
  const whole = (await Promise.all(runs)).filter((stream) => stream !== undefined)
  return {
    expected: count * deltas,
    deltas: whole.reduce((sum, stream) => sum + stream.deltas.length, 0),
    wrong: whole.reduce((sum, stream) => sum + wrongIn(stream, deltas), 0),
    errors: count - whole.length,
    addedGaps: whole.flatMap(addedGapsOf),
    ways: whole.flatMap((stream) => stream.deltas.map(({ cameAt, sentAt }) => cameAt - sentAt)),
  }
}

function wrongIn(stream: StampedStream, expected: number): number {
  const misplaced = stream.deltas.filter(({ number }, index) => number !== index).length
  return misplaced + Math.max(0, expected - stream.deltas.length)
}

function addedGapsOf({ deltas }: StampedStream): number[] {
  return deltas.slice(1).map((delta, index) => {
    const before = deltas[index] ?? delta
    return delta.cameAt - before.cameAt - (delta.sentAt - before.sentAt)
  })
}
