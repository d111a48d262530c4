import { expect, test, vi } from 'vitest'
import { createBodyRoom, defaultBodyRoom } from '../../src/http/body-room.ts'
import { chat, createTestApp, dial, errorOf, rawChat, serve } from '../support/app.ts'
import { says, saysThenHangs } from '../support/fake-engine.ts'

test('bodies share a room, and what one gives back another can have', () => {
  const room = createBodyRoom()
  const [first, second] = [room.open(100, 'a'), room.open(100, 'b')]
  first.take(60)
  second.take(40)
  expect(() => second.take(1)).toThrow('Too much is being sent')
  first.release()
  first.release()
  second.take(60)
  expect(() => room.open(100, 'c').take(1)).toThrow('Too much is being sent')
})

test('a quarter of it is for others than the one who sends most', () => {
  const room = createBodyRoom()
  const [first, second] = [room.open(100, 'a'), room.open(100, 'a')]
  first.take(60)
  second.take(15)
  expect(() => second.take(1)).toThrow('Too much is being sent')
  room.open(100, 'b').take(25)
  first.release()
  second.take(60)
})

test('one alone is let in, whatever its size', () => {
  const lease = createBodyRoom().open(100, 'a')
  lease.take(80)
  lease.take(80)
})

test('what is over takes no more', () => {
  const room = createBodyRoom()
  const [first, second] = [room.open(100, 'a'), room.open(100, 'b')]
  first.release()
  first.take(150)
  second.take(100)
})

test('the room is a sixteenth of the memory, or of what a container may have of it', () => {
  expect(defaultBodyRoom(1600, 0, 1600)).toBe(100)
  expect(defaultBodyRoom(1600, 800, 1600)).toBe(50)
  expect(defaultBodyRoom(1600, 2 ** 63, 1600)).toBe(100)
})

test('and no more than an eighth of the heap, which does not grow with the machine', () => {
  expect(defaultBodyRoom(64_000, 0, 4000)).toBe(500)
})

test('values take room beside their text', async () => {
  const settings = { MAX_BODIES_BYTES: '1000000' }
  const { request, engine, shutdown } = createTestApp({ script: saysThenHangs(), settings })
  const ask = async (values: number): Promise<Response> =>
    request('/v1/chat/completions', chat({ unknown: Array.from({ length: values }, () => 0) }))
  const running = ask(10)
  await engine.begun
  expect((await ask(10_500)).status).toBe(503)
  shutdown.abort()
  await running
})

/** A request whose answer is more than a connection takes before somebody reads, and whose body fills half of the room. */
const HALF = rawChat({ user: 'x'.repeat(6_000_000) })
const LONG_ANSWER = { script: says('x'.repeat(20_000_000)), settings: { MAX_BODIES_BYTES: '10000000' } }

test('a request keeps its place until its answer is read', async () => {
  const server = await serve(createTestApp(LONG_ANSWER))
  const ask = async (): Promise<string> => {
    const { socket, received } = dial(server.port)
    socket.write(HALF)
    const [head = ''] = (await received('\r\n\r\n')).split('\r\n')
    socket.destroy()
    return head
  }
  const { socket } = dial(server.port)
  socket.write(HALF)
  await new Promise((resolve) => socket.once('data', resolve))
  socket.pause()
  expect(await ask()).toContain('503')
  socket.resume()
  await vi.waitUntil(async () => (await ask()).includes('200'), { timeout: 10_000, interval: 20 })
  socket.destroy()
  await server.close()
})

test('and no longer than its connection, also where its answer waits behind another one', async () => {
  const server = await serve(createTestApp(LONG_ANSWER))
  const { socket } = dial(server.port)
  socket.write(rawChat() + HALF)
  await new Promise((resolve) => socket.once('data', resolve))
  socket.pause()
  const ask = async (): Promise<number> => {
    const answer = await fetch(`${server.url}/v1/chat/completions`, chat({ user: 'x'.repeat(6_000_000) }))
    await answer.text()
    return answer.status
  }
  await vi.waitUntil(async () => (await ask()) === 503, { timeout: 10_000, interval: 20 })
  socket.destroy()
  await vi.waitUntil(async () => (await ask()) === 200, { timeout: 10_000, interval: 20 })
  await server.close()
})

test.each([
  ['declared', { 'content-length': '2100' }],
  ['counted', {}],
])('a request keeps its place until it is answered (%s)', async (_, length) => {
  const { request, engine, shutdown } = createTestApp({
    script: saysThenHangs(),
    settings: { MAX_BODIES_BYTES: '3000' },
  })
  const ask = async (): Promise<Response> =>
    request('/v1/chat/completions', {
      ...chat({ user: 'x'.repeat(2000) }),
      headers: { 'content-type': 'application/json', ...length },
    })
  const running = ask()
  await engine.begun
  const refused = await ask()
  expect(refused.status).toBe(503)
  expect((await errorOf(refused)).code).toBe('overloaded')
  expect(Number(refused.headers.get('retry-after'))).toBeGreaterThan(0)
  shutdown.abort()
  await running
})
