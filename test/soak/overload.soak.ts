/**
 * Ten times as many callers as there are processes, for a minute: about 100 s. `SOAK_SECONDS` makes it shorter. The model
 * and the callers need the same cores as the processes, so what is refused costs what is served.
 */
import { setTimeout as delay } from 'node:timers/promises'
import { expect, it } from 'vitest'
import { percentile } from '../../bench/load.ts'
import { type Answered, askForStream, type LoadServer, metric, startLoadServer } from '../support/load-run.ts'

const seconds = Number(process.env['SOAK_SECONDS'] ?? 60)
const WORKERS = 2
/** What a caller who was refused waits, as `retry-after` asks for, but shorter to press harder. */
const BACK_OFF_MS = 500

interface Pressed {
  readonly served: readonly Answered[]
  readonly refused: readonly Answered[]
  readonly other: readonly Answered[]
}

async function press({ server }: LoadServer, callers: number, forSeconds: number): Promise<Pressed> {
  const answers: Answered[] = []
  const end = performance.now() + forSeconds * 1000
  const caller = async (number: number): Promise<void> => {
    while (performance.now() < end) {
      const answer = await askForStream(server, `turn-${number}-answer`)
      answers.push(answer)
      if (!answer.whole) await delay(BACK_OFF_MS)
    }
  }
  await Promise.all(Array.from({ length: callers }, async (_, number) => caller(number)))
  return {
    served: answers.filter(({ whole }) => whole),
    refused: answers.filter(({ status }) => status === 503),
    other: answers.filter(({ whole, status }) => !whole && status !== 503),
  }
}

const times = (answers: readonly Answered[]): number[] => answers.map(({ ms }) => ms)

it(`${seconds} s of ten times too many callers: as many are served, the others are refused at once`, async () => {
  await using load = await startLoadServer({ MAX_WORKERS: String(WORKERS), MAX_QUEUE: String(WORKERS) })
  await press(load, WORKERS, 5)
  const usual = await press(load, WORKERS, seconds / 4)
  const much = await press(load, 10 * WORKERS, seconds)
  const after = performance.now()
  const next = await askForStream(load.server, 'turn-0-answer')
  const backAfterMs = performance.now() - after
  const usualPerSecond = usual.served.length / (seconds / 4)
  const muchPerSecond = much.served.length / seconds
  console.log({
    usualPerSecond,
    muchPerSecond,
    refused: much.refused.length,
    refusedP50: percentile(times(much.refused), 0.5),
    refusedP99: percentile(times(much.refused), 0.99),
    servedP50: percentile(times(much.served), 0.5),
    backAfterMs,
  })
  expect(much.other).toEqual([])
  expect(muchPerSecond).toBeGreaterThan(0.9 * usualPerSecond)
  expect(much.refused.length).toBeGreaterThan(0)
  expect(percentile(times(much.refused), 0.5)).toBeLessThan(50)
  expect(next.whole).toBe(true)
  expect(backAfterMs).toBeLessThan(5000)
  expect((await metric(load.server, 'dragoman_queue_length'))['']).toBe(0)
})
