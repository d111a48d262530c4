/** PostgreSQL behind an address that moves to another machine: connections to the old one fall silent, and nobody closes them. */
import { connect, createServer, type Socket } from 'node:net'
import { once } from 'node:events'
import { expect, test, vi } from 'vitest'
import { hasKeys } from '../../src/store/keys-table.ts'
import { StoreUnavailable } from '../../src/store/store-unavailable.ts'
import { startTestPostgres } from '../support/postgres.ts'
import { createTestStore } from '../support/store.ts'

interface MovableAddress {
  readonly url: string
  readonly connections: number
  /** What is connected hears nothing any more; whoever connects from now on is answered. */
  move(): void
  [Symbol.dispose](): void
}

async function inFrontOf(database: string): Promise<MovableAddress> {
  const url = new URL(database)
  const port = Number(url.port)
  const sockets: Socket[] = []
  const proxy = createServer((client) => {
    const server = connect(port, '127.0.0.1')
    for (const [from, to] of [
      [client, server],
      [server, client],
    ] as const) {
      sockets.push(from)
      from.on('error', () => to.destroy()).pipe(to)
    }
  })
  await once(proxy.listen(0, '127.0.0.1'), 'listening')
  const address = proxy.address()
  url.port = String(typeof address === 'object' && address !== null ? address.port : 0)
  return {
    url: url.href,
    get connections() {
      return sockets.length / 2
    },
    move: () => sockets.forEach((socket) => socket.unpipe().pause()),
    [Symbol.dispose]: () => {
      for (const socket of sockets) socket.destroy()
      proxy.close()
    },
  }
}

test('row 39: after a fail-over that leaves connections silent, one request waits for them, and then all is well', async () => {
  await using postgres = await startTestPostgres()
  using address = await inFrontOf(await postgres.createDatabase())
  await using subject = createTestStore(address.url)
  const { store } = subject
  const ask = (): Promise<boolean> => store.run(hasKeys)
  await vi.waitUntil(
    () =>
      ask().then(
        () => true,
        () => false,
      ),
    { timeout: 10_000, interval: 100 },
  )
  await Promise.all(Array.from({ length: 10 }, ask))
  const before = address.connections
  address.move()
  await expect(ask()).rejects.toBeInstanceOf(StoreUnavailable)
  await vi.waitUntil(
    () =>
      ask().then(
        () => true,
        () => false,
      ),
    { timeout: 5000, interval: 50 },
  )
  await Promise.all(Array.from({ length: 20 }, ask))
  expect(store.status().state).toBe('ready')
  // Those who waited in vain have not each made new ones for all.
  expect(address.connections - before).toBeLessThanOrEqual(10)
})
