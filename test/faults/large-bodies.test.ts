/** Row 47: bodies without an end. */
import { connect } from 'node:net'
import { afterAll, beforeAll, expect, test, vi } from 'vitest'
import { rawRequest } from '../support/app.ts'
import { type RunningDragoman, startDragoman } from '../support/dragoman-process.ts'
import { peakMegabytes } from '../support/processes.ts'

const MOST_MEGABYTES = 64
const PIECE = Buffer.concat([Buffer.from('10000\r\n'), Buffer.alloc(0x10000, 0x20), Buffer.from('\r\n')])

let server: RunningDragoman
beforeAll(async () => {
  server = await startDragoman(['--demo', '--port', '0'], { binary: 'scripted' })
})
afterAll(() => server.stop())

const refusals = (): number => server.stdout().split('"outcome":"request_too_large"').length

/** Sends as fast as it is taken, until the connection ends. */
async function sendWithoutEnd(head: string, piece: Buffer): Promise<void> {
  const socket = connect({ host: '127.0.0.1', port: Number(new URL(server.url).port) })
  socket.resume().on('error', () => undefined)
  const closed = new Promise((resolve) => socket.once('close', resolve))
  socket.write(head)
  while (socket.writable) {
    if (!socket.write(piece)) await Promise.race([new Promise((resolve) => socket.once('drain', resolve)), closed])
  }
  await closed
}

test.each([
  ['of a declared gigabyte', 'content-length: 1000000000', Buffer.alloc(0x10000, 0x20)],
  ['in pieces without an end', 'transfer-encoding: chunked', PIECE],
])('row 47: a body %s is a 413, the connection is closed, and it takes little memory', async (_, header, piece) => {
  const before = peakMegabytes(server.pid)
  const head = rawRequest('POST /v1/chat/completions', '', ['content-type: application/json', header])
  const refused = refusals()
  await sendWithoutEnd(head, piece)
  // Whoever is cut off in mid-sentence may not see the answer: it is the server that knows.
  await vi.waitUntil(() => refusals() === refused + 1, { timeout: 5000, interval: 10 })
  expect(peakMegabytes(server.pid) - before).toBeLessThan(MOST_MEGABYTES)
})
