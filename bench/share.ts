/**
 * Dragoman's own share of a request's time. A stand-in that does next to nothing plays Claude Code, and everybody stamps
 * by one clock, so each way can be told apart: in, through the egress and back, and out.
 * The times hold what the system needs to wake each process, too.
 */
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { startClockModel } from './clock-model.ts'
import { percentile } from './load.ts'
import { type Bench, ms, printTable } from './part.ts'
import { meterTree } from './process-tree.ts'
import { startServer } from './server.ts'
import { readStampedStream, type StampedDelta } from './stamped-stream.ts'

const DELTAS = 5
const EVERY_MS = 10

/** Milliseconds of each way, of one request. */
interface Ways {
  /** From the caller's sending to the process. */
  readonly inMs: number
  /** From the process's call to the model's arrival. */
  readonly egressOutMs: number
  /** From the model's deltas to the process. */
  readonly egressBackMs: readonly number[]
  /** From the process's deltas to the caller. */
  readonly outMs: readonly number[]
}

export async function share({ quick, folder }: Bench): Promise<void> {
  const model = await startClockModel()
  const binary = installStandIn(folder)
  const env = { CLAUDE_CLI_PATH: binary, SPARE_WORKERS: '0' }
  const server = await startServer({ modelUrl: model.url, dataFolder: join(folder, 'share'), env })
  const row = printTable([
    'at once',
    'requests',
    'caller to process p50 / p99 ms',
    'process to model',
    'model to process',
    'process to caller',
    'all of it, to the first token',
    'CPU of Dragoman ms a request',
  ])
  const ask = (): Promise<Ways> => askOnce(server.url)
  try {
    await times(200, 1, ask)
    for (const [count, atOnce] of [
      [quick ? 100 : 500, 1],
      [quick ? 100 : 500, 2],
      [quick ? 100 : 500, 8],
    ] as const) {
      await times(5 * atOnce, atOnce, ask)
      const meter = meterTree(server.pid)
      const all = await times(count, atOnce, ask)
      const { rootCpuSeconds } = meter.stop()
      const whole = all.map((way) => way.inMs + way.egressOutMs + (way.egressBackMs[0] ?? 0) + (way.outMs[0] ?? 0))
      row([
        atOnce,
        count,
        spread(all.map((way) => way.inMs)),
        spread(all.map((way) => way.egressOutMs)),
        spread(all.flatMap((way) => way.egressBackMs)),
        spread(all.flatMap((way) => way.outMs)),
        spread(whole),
        ms((rootCpuSeconds * 1000) / count),
      ])
    }
  } finally {
    await server.stop()
    await model.close()
  }
}

/** An executable that Dragoman takes for Claude Code. */
function installStandIn(folder: string): string {
  const script = fileURLToPath(new URL('stamping-child.mjs', import.meta.url))
  const path = join(folder, 'claude')
  writeFileSync(path, `#!/bin/sh\nexec '${process.execPath}' '${script}' "$@"\n`, { mode: 0o755 })
  return path
}

async function times<T>(count: number, atOnce: number, ask: () => Promise<T>): Promise<T[]> {
  const answers: T[] = []
  let left = count
  const lane = async (): Promise<void> => {
    while (left > 0) {
      left -= 1
      answers.push(await ask())
    }
  }
  await Promise.all(Array.from({ length: atOnce }, lane))
  return answers
}

async function askOnce(url: string): Promise<Ways> {
  const { askedAt, deltas } = await readStampedStream({ url, deltas: DELTAS, everyMs: EVERY_MS })
  const stamped = deltas.map(stampsOf)
  const [first] = stamped
  if (first === undefined || stamped.length !== DELTAS) throw new Error(`${stamped.length} deltas of ${DELTAS} came`)
  return {
    inMs: first.told - askedAt,
    egressOutMs: first.arrived - first.asked,
    egressBackMs: stamped.map(({ heard, sent }) => heard - sent),
    outMs: stamped.map(({ came, said }) => came - said),
  }
}

function stampsOf({
  stamps,
  cameAt,
}: StampedDelta): Record<'sent' | 'arrived' | 'told' | 'asked' | 'heard' | 'said' | 'came', number> {
  const [sent = NaN, arrived = NaN, told = NaN, asked = NaN, heard = NaN, said = NaN] = stamps
  return { sent, arrived, told, asked, heard, said, came: cameAt }
}

function spread(values: readonly number[]): string {
  return `${percentile(values, 0.5).toFixed(2)} / ${percentile(values, 0.99).toFixed(1)}`
}
