/** Callers who take their time, to hold what others need. They wait for tens of seconds, side by side. */
import { setTimeout as delay } from 'node:timers/promises'
import { type Attack, hold } from './attack.ts'
import type { Target } from './target.ts'

/** So many at a time, while somebody else is served. */
const CALLERS = 50

async function* drip(piece: string, everyMs: number): AsyncGenerator<string> {
  for (;;) {
    await delay(everyMs)
    yield piece
  }
}

/** Each of many slow callers is cut within a time, and meanwhile others are answered as always. */
async function areCut(target: Target, bytes: string | Uint8Array, piece: string, withinMs: number): Promise<void> {
  const options = { timeoutMs: withinMs + 10_000, andThen: () => drip(piece, 1000) }
  const slow = Array.from({ length: CALLERS }, async () => target.send(bytes, options))
  await delay(1000)
  const { ms } = await target.ask({ path: '/health' })
  hold(ms < 1000, `others wait for ${Math.round(ms)} ms`)
  const ends = await Promise.all(slow)
  const longest = Math.max(...ends.map((end) => end.ms))
  hold(
    ends.every(({ isClosed }) => isClosed),
    `slow callers are never cut`,
  )
  hold(longest < withinMs, `slow callers are cut after ${Math.round(longest)} ms`)
}

const nothing: Attack = {
  name: 'connections that say nothing',
  promise: 'G10',
  needs: ['time'],
  run: (target) => areCut(target, '', '', 20_000),
}

const slowHeaders: Attack = {
  name: 'headers that come a line a second (slowloris)',
  promise: 'G10',
  needs: ['time'],
  run: (target) => areCut(target, 'GET /health HTTP/1.1\r\nhost: localhost\r\n', 'x-a: b\r\n', 20_000),
}

const slowBody: Attack = {
  name: 'a body that comes a byte a second',
  promise: 'G8',
  needs: ['time'],
  run: (target) => {
    const headers = ['content-type: application/json', 'content-length: 100000']
    const bytes = target.bytesOf({ method: 'POST', path: '/v1/chat/completions', headers })
    return areCut(target, Buffer.concat([bytes, Buffer.from('{')]), ' ', 80_000)
  },
}

const keptAlive: Attack = {
  name: 'connections that are kept after an answer',
  promise: 'G10',
  needs: ['time'],
  run: async (target) => {
    const bytes = target.bytesOf({ path: '/health', headers: ['connection: keep-alive'] })
    const ends = await Promise.all(
      Array.from({ length: CALLERS }, async () => target.send(bytes, { timeoutMs: 30_000 })),
    )
    hold(
      ends.every(({ isClosed }) => isClosed),
      'a connection is kept for ever',
    )
  },
}

export const SLOW: readonly Attack[] = [nothing, slowHeaders, slowBody, keptAlive]
