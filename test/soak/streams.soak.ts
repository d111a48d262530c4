/** Eight streams at 40 deltas a second for a minute: about 70 s. `SOAK_SECONDS` makes it shorter. */
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, it } from 'vitest'
import { startClockModel } from '../../bench/clock-model.ts'
import { percentile } from '../../bench/load.ts'
import { startServer } from '../../bench/server.ts'
import { runStreams } from '../../bench/streams.ts'

const seconds = Number(process.env['SOAK_SECONDS'] ?? 60)
const STREAMS = 8
const DELTAS_PER_SECOND = 40

it(`${STREAMS} streams of ${seconds} s bring each delta once and in order`, async () => {
  const folder = mkdtempSync(join(tmpdir(), 'dragoman-streams-'))
  const model = await startClockModel()
  const server = await startServer({ modelUrl: model.url, dataFolder: folder, env: { MAX_WORKERS: String(STREAMS) } })
  try {
    // Fresh processes compile while they answer: that is not what is asked here.
    await runStreams(server.url, STREAMS, 100)
    const { addedGaps, ...result } = await runStreams(server.url, STREAMS, seconds * DELTAS_PER_SECOND)
    expect(result).toMatchObject({ errors: 0, wrong: 0, deltas: STREAMS * seconds * DELTAS_PER_SECOND })
    expect(percentile(addedGaps, 0.99)).toBeLessThan(50)
  } finally {
    await server.stop()
    await model.close()
    rmSync(folder, { recursive: true, force: true })
  }
})
