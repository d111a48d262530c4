/** Eight streams at 40 deltas a second for a minute: about 70 s. `SOAK_SECONDS` makes it shorter. */
import { expect, it } from 'vitest'
import { runStreams } from '../../bench/streams.ts'
import { startLoadServer } from '../support/load-run.ts'
import { says } from '../support/scripted-model-answers.ts'

const seconds = Number(process.env['SOAK_SECONDS'] ?? 60)
const STREAMS = 8
const EVERY_MS = 25

it(`${STREAMS} streams of ${seconds} s bring each delta once and in order`, async () => {
  await using load = await startLoadServer({ MAX_WORKERS: String(STREAMS) })
  const words = seconds * (1000 / EVERY_MS)
  const deltas = Array.from({ length: words }, (_, number) => (number === 0 ? 'word0' : ` word${number}`))
  const options = { url: load.server.url, streams: STREAMS, words, everyMs: EVERY_MS }
  load.model.otherwise(says(deltas.slice(0, 5)))
  await runStreams({ ...options, words: 5 })
  load.model.otherwise(says(deltas, { delayMs: EVERY_MS }))
  const result = await runStreams(options)
  console.log(result)
  expect(result).toMatchObject({ errors: 0, outOfOrder: 0, deltas: STREAMS * words })
  expect(result.addedGapP99).toBeLessThan(50)
})
