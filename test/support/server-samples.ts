/** What a server and its processes hold, looked at again and again from outside, and the trend of it. Linux only. */
import { readdirSync, readFileSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import type { RunningDragoman } from './dragoman-process.ts'
import { openFiles } from './file-descriptors.ts'
import { valuesOf, zombiesOf } from './load-run.ts'
import { residentMegabytes, workersOf } from './processes.ts'

export interface ServerSample {
  /** Seconds since the first. */
  readonly at: number
  readonly megabytes: number
  readonly heapMegabytes: number
  readonly children: number
  readonly childMegabytes: number
  readonly descriptors: number
  /** In the folder for temporary files, at any depth. */
  readonly temporaryFiles: number
  /** Of processes. */
  readonly homes: number
  /** Database and journal. */
  readonly storedMegabytes: number
  /** Milliseconds that one in a hundred turns of the event loop came late, since the last sample. */
  readonly lateMs: number
  readonly zombies: number
  /** Processes of ours whose parent is gone. */
  readonly orphans: number
}

export async function sampleServer(
  server: RunningDragoman,
  folder: { readonly temporary: string },
  at: number,
): Promise<ServerSample> {
  const { pid, dataFolder } = server
  const metrics = await (await fetch(`${server.url}/metrics`)).text()
  const value = (name: string): number => valuesOf(metrics, name)[''] ?? Number.NaN
  const children = workersOf(dataFolder)
  const megabytes = children.map((child) => quietly(() => residentMegabytes(child), 0))
  const run = join(dataFolder, 'run')
  return {
    at,
    megabytes: residentMegabytes(pid),
    heapMegabytes: value('nodejs_heap_size_used_bytes') / 1_048_576,
    children: children.length,
    childMegabytes: megabytes.reduce((sum, one) => sum + one, 0),
    descriptors: openFiles(pid),
    temporaryFiles: quietly(() => readdirSync(folder.temporary, { recursive: true }).length, 0),
    homes: listing(run)
      .flatMap((instance) => listing(join(run, instance)))
      .filter((name) => name !== 'empty').length,
    storedMegabytes: (filesIn(join(dataFolder, 'store')) + filesIn(join(dataFolder, 'usage'))) / 1_048_576,
    lateMs: value('nodejs_eventloop_lag_p99_seconds') * 1000,
    zombies: await lastingZombies(pid),
    orphans: children.filter((child) => ![pid, ...children].includes(parentOf(child) ?? pid)).length,
  }
}

export interface Slope {
  /** Per hour. */
  readonly perHour: number
  /** Its standard error. */
  readonly error: number
}

/** The line of least squares through values by their seconds. */
export function slopeOf(points: readonly { readonly at: number; readonly value: number }[]): Slope {
  const { length } = points
  const mean = (values: readonly number[]): number => values.reduce((sum, value) => sum + value, 0) / length
  const hours = points.map(({ at }) => at / 3600)
  const [meanHour, meanValue] = [mean(hours), mean(points.map(({ value }) => value))]
  const spread = hours.reduce((sum, hour) => sum + (hour - meanHour) ** 2, 0)
  const perHour =
    points.reduce((sum, { value }, at) => sum + ((hours[at] ?? 0) - meanHour) * (value - meanValue), 0) / spread
  const left = points.reduce(
    (sum, { value }, at) => sum + (value - meanValue - perHour * ((hours[at] ?? 0) - meanHour)) ** 2,
    0,
  )
  return { perHour, error: Math.sqrt(left / Math.max(1, length - 2) / spread) }
}

/** One that has just ended is none before its parent has had its turn. */
async function lastingZombies(pid: number): Promise<number> {
  const found = new Set(zombiesOf(pid))
  if (found.size === 0) return 0
  await delay(1000)
  return zombiesOf(pid).filter((each) => found.has(each)).length
}

function parentOf(pid: number): number | undefined {
  return quietly(() => Number(/^PPid:\s+(\d+)/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1]), undefined)
}

/** Bytes, at any depth. */
function filesIn(folder: string): number {
  const entries = quietly(() => readdirSync(folder, { recursive: true, encoding: 'utf8' }), [])
  const sizes = entries.map((name) => quietly(() => statSync(join(folder, name)), undefined))
  return sizes.reduce((sum, entry) => sum + (entry?.isFile() === true ? entry.size : 0), 0)
}

function listing(folder: string): string[] {
  return quietly(() => readdirSync(folder), [])
}

/** What is looked at may go meanwhile. */
function quietly<T>(look: () => T, otherwise: T): T {
  try {
    return look()
  } catch {
    return otherwise
  }
}
