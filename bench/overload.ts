/**
 * Ten times more requests than can be answered, for a minute: how much of the capacity is kept, how fast the rest is
 * refused, and how soon everything is as before.
 */
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { startDemoModel } from '../src/demo/demo-model.ts'
import { percentile, runLoad, sendStreaming } from './load.ts'
import { type Bench, ms, percent, printTable } from './part.ts'
import { RequestError } from './request-error.ts'
import { startServer } from './server.ts'
import { chat } from './targets.ts'

const TIMES = 10
/** As many as there are processes. */
const AT_ONCE = 8
const TICK_MS = 10
/** All of it has to be answered before everything is as before. */
const QUEUE = 5 * AT_ONCE
/** After this long without a normal answer nobody waits any more. */
const LONGEST_RECOVERY_MS = 30_000

interface Outcomes {
  readonly answeredMs: number[]
  /** Answers that were whole before the overload ended. */
  answeredInTime: number
  readonly refusedMs: number[]
  /** Anything but an answer and a 503. */
  readonly errors: string[]
}

/** The processor is the limit where the model answers at once, the number of processes where it takes its time. */
const MODELS = [
  { name: 'a model that takes its time', delayMs: 15 },
  { name: 'a model that answers at once', delayMs: 0 },
]

export async function overload(bench: Bench): Promise<void> {
  for (const { name, delayMs } of MODELS) {
    console.log(`\n### ${name}\n`)
    await overloadWith(bench, delayMs)
  }
}

async function overloadWith({ quick, folder }: Bench, delayMs: number): Promise<void> {
  const model = await startDemoModel({ delayMs })
  const env = { MAX_WORKERS: String(AT_ONCE), MAX_QUEUE: String(QUEUE) }
  const server = await startServer({ modelUrl: model.url, dataFolder: join(folder, `overload-${delayMs}`), env })
  const send = (): Promise<unknown> => sendStreaming(chat(server.url))
  const seconds = quick ? 8 : 60
  try {
    await runLoad(() => sendStreaming(chat(server.url)), 200, AT_ONCE)
    const capacity = await measureCapacity(send, quick ? 4 : 15)
    const normalMs = await oneByOne(send, 20)
    const outcomes = await flood(send, capacity * TIMES, seconds)
    const recoveredMs = await untilNormal(send, percentile(normalMs, 0.9))
    report({ capacity, seconds, outcomes, recoveredMs })
  } finally {
    await server.stop()
    await model.close()
  }
}

interface Overloaded {
  readonly capacity: number
  readonly seconds: number
  readonly outcomes: Outcomes
  readonly recoveredMs: number
}

function report({ capacity, seconds, outcomes, recoveredMs }: Overloaded): void {
  const { answeredMs, answeredInTime, refusedMs, errors } = outcomes
  const row = printTable(['what', 'figure'])
  row(['answered a second before, 8 at once', capacity.toFixed(1)])
  row(['asked a second', (capacity * TIMES).toFixed(0)])
  row(['answered a second under it', (answeredInTime / seconds).toFixed(1)])
  row(['throughput kept', percent(answeredInTime / seconds / capacity)])
  row(['refused', refusedMs.length])
  row(['refused after p50 / p99 ms', spread(refusedMs)])
  row(['answered after p50 / p99 ms', spread(answeredMs)])
  row(['other ends', errors.length === 0 ? 0 : `${errors.length}, such as ${errors[0]}`])
  const isNormal = Number.isFinite(recoveredMs)
  row(['back to normal after s', isNormal ? (recoveredMs / 1000).toFixed(1) : `not in ${LONGEST_RECOVERY_MS / 1000}`])
}

function spread(values: readonly number[]): string {
  return values.length === 0 ? '' : `${ms(percentile(values, 0.5))} / ${ms(percentile(values, 0.99))}`
}

/** Answers a second, with all processes at work all the time. */
async function measureCapacity(send: () => Promise<unknown>, seconds: number): Promise<number> {
  const end = performance.now() + seconds * 1000
  let answered = 0
  const lane = async (): Promise<void> => {
    while (performance.now() < end) {
      await send()
      answered += 1
    }
  }
  const began = performance.now()
  await Promise.all(Array.from({ length: AT_ONCE }, lane))
  return answered / ((performance.now() - began) / 1000)
}

/** Milliseconds that each of so many requests took. */
async function oneByOne(send: () => Promise<unknown>, count: number): Promise<number[]> {
  const took: number[] = []
  for (let sent = 0; sent < count; sent += 1) {
    const began = performance.now()
    await send()
    took.push(performance.now() - began)
  }
  return took
}

/** Sends at this rate whatever comes back. Does not wait for what is still open at the end. */
async function flood(send: () => Promise<unknown>, perSecond: number, seconds: number): Promise<Outcomes> {
  const outcomes: Outcomes = { answeredMs: [], answeredInTime: 0, refusedMs: [], errors: [] }
  const began = performance.now()
  const end = began + seconds * 1000
  let sent = 0
  while (performance.now() < end) {
    const due = ((performance.now() - began) / 1000) * perSecond
    for (; sent < due; sent += 1) void follow(send, outcomes, end)
    await delay(TICK_MS)
  }
  return outcomes
}

async function follow(send: () => Promise<unknown>, outcomes: Outcomes, end: number): Promise<void> {
  const began = performance.now()
  try {
    await send()
    outcomes.answeredMs.push(performance.now() - began)
    if (performance.now() < end) outcomes.answeredInTime += 1
  } catch (error) {
    const isRefused = error instanceof RequestError && error.status === 503
    if (isRefused) outcomes.refusedMs.push(performance.now() - began)
    else outcomes.errors.push(String(error).slice(0, 100))
  }
}

/** Milliseconds until the first of three requests in a row that are answered within twice the normal time; NaN when that takes too long. */
async function untilNormal(send: () => Promise<unknown>, normalMs: number): Promise<number> {
  const began = performance.now()
  let first: number | undefined
  for (let good = 0; good < 3;) {
    const sentAt = performance.now()
    if (sentAt - began > LONGEST_RECOVERY_MS) return Number.NaN
    const isAnswered = await send().then(
      () => true,
      () => false,
    )
    const isGood = isAnswered && performance.now() - sentAt <= 2 * normalMs
    good = isGood ? good + 1 : 0
    first = isGood ? (first ?? sentAt) : undefined
    await delay(20)
  }
  return (first ?? began) - began
}
