import { expect, test } from 'vitest'
import { createBodyRoom, defaultBodyRoom } from '../../src/http/body-room.ts'
import { chat, createTestApp, errorOf } from '../support/app.ts'
import { saysThenHangs } from '../support/fake-engine.ts'

test('bodies share a room, and what one gives back another can have', () => {
  const room = createBodyRoom()
  const [first, second] = [room.open(100), room.open(100)]
  first.take(60)
  second.take(40)
  expect(() => second.take(1)).toThrow('Too much is being sent')
  first.release()
  first.release()
  second.take(60)
  expect(() => room.open(100).take(1)).toThrow('Too much is being sent')
})

test('one alone is let in, whatever its size', () => {
  const lease = createBodyRoom().open(100)
  lease.take(80)
  lease.take(80)
})

test('the room is a sixteenth of the memory, or of what a container may have of it', () => {
  expect(defaultBodyRoom(1600, 0)).toBe(100)
  expect(defaultBodyRoom(1600, 800)).toBe(50)
  expect(defaultBodyRoom(1600, 2 ** 63)).toBe(100)
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
