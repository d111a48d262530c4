/** Row 29 in full: about 30 s. `SOAK_CONNECTIONS` (9,000, or what the file descriptors allow) makes it smaller. */
import { once } from 'node:events'
import { connect, type Socket } from 'node:net'
import { expect, it, vi } from 'vitest'
import { percentile } from '../../bench/load.ts'
import { connectionLimit } from '../../src/http/connection-limit.ts'
import { openFiles } from '../support/file-descriptors.ts'
import { askForStream, type LoadServer, startLoadServer } from '../support/load-run.ts'
import { residentMegabytes } from '../support/processes.ts'

const count = Math.min(Number(process.env['SOAK_CONNECTIONS'] ?? 9000), connectionLimit() - 200)

async function medianMs({ server }: LoadServer): Promise<number> {
  const times: number[] = []
  for (let number = 0; number < 30; number += 1) times.push((await askForStream(server, `turn-${number}-answer`)).ms)
  return percentile(times, 0.5)
}

it(`${count} idle connections cost at most 150 MB, hold nobody up, and are closed by themselves`, async () => {
  await using load = await startLoadServer()
  const { server } = load
  await medianMs(load)
  const [usualMs, before, filesBefore] = [await medianMs(load), residentMegabytes(server.pid), openFiles(server.pid)]
  const port = Number(new URL(server.url).port)
  const sockets: Socket[] = []
  for (let opened = 0; opened < count; opened += 500) {
    const some = Array.from({ length: Math.min(500, count - opened) }, () => connect({ host: '127.0.0.1', port }))
    for (const socket of some) socket.on('error', () => undefined)
    await Promise.all(some.map((socket) => once(socket, 'connect')))
    sockets.push(...some)
  }
  expect(openFiles(server.pid) - filesBefore).toBeGreaterThan(count * 0.95)
  const [fullMs, megabytes] = [await medianMs(load), residentMegabytes(server.pid) - before]
  console.log({ count, usualMs, fullMs, megabytes })
  expect(megabytes).toBeLessThan(150)
  // The bound is a tenth; the rest is for neighbours on the same cores.
  expect(fullMs).toBeLessThan(usualMs * 1.5)
  await vi.waitUntil(() => openFiles(server.pid) - filesBefore < 50, { timeout: 30_000, interval: 500 })
  for (const socket of sockets) socket.destroy()
})
