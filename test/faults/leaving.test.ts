/** Rows 26 and 28: many callers who leave at once, and one who does not read. */
import { monitorEventLoopDelay } from 'node:perf_hooks'
import { afterEach, expect, test, vi } from 'vitest'
import type { Listening } from '../../src/http/listen.ts'
import { createTestApp, dial, rawChat, serve } from '../support/app.ts'
import { FINISH, type Script, START } from '../support/fake-engine.ts'

let server: Listening | undefined

afterEach(async () => {
  server?.cut()
  await server?.close()
})

/** Pours as fast as it is read, and counts itself. */
function pouring(open: Set<string>): Script {
  return async function* (turn, signal) {
    open.add(turn.id)
    try {
      yield START
      while (!signal.aborted) {
        yield { type: 'text', text: 'x'.repeat(10_000) }
        // Lets the network have its turn, as a model does.
        await new Promise(setImmediate)
      }
    } finally {
      open.delete(turn.id)
    }
  }
}

test('row 26: thirty callers who leave large streams at once end thirty turns and hold nobody up', async () => {
  const open = new Set<string>()
  server = await serve(createTestApp({ script: pouring(open) }))
  const { port } = server
  const callers = Array.from({ length: 30 }, () => dial(port))
  for (const { socket } of callers) socket.write(rawChat({ stream: true }))
  await Promise.all(callers.map(({ received }) => received('xxx')))
  expect(open.size).toBe(30)
  const delay = monitorEventLoopDelay({ resolution: 1 })
  delay.enable()
  const began = performance.now()
  for (const { socket } of callers) socket.resetAndDestroy()
  await vi.waitUntil(() => open.size === 0, { timeout: 2000, interval: 5 })
  delay.disable()
  expect(performance.now() - began).toBeLessThan(1000)
  // The bound is 50 ms; the rest is for neighbours on the same cores.
  expect(delay.max / 1e6).toBeLessThan(250)
})

test('row 28: a caller who does not read holds no other one up', async () => {
  const open = new Set<string>()
  const pour = pouring(open)
  const app = createTestApp({
    script: (turn, signal) => (open.size < 1 ? pour(turn, signal) : answerAtOnce()),
  })
  server = await serve(app)
  const slow = dial(server.port)
  slow.socket.write(rawChat({ stream: true }))
  await slow.received('xxx')
  slow.socket.pause()
  const other = dial(server.port)
  other.socket.write(rawChat({ stream: true }))
  expect(await other.closed).toContain('data: [DONE]')
  slow.socket.destroy()
  await vi.waitUntil(() => open.size === 0, { timeout: 10_000, interval: 10 })
})

async function* answerAtOnce() {
  yield START
  yield { type: 'text', text: 'Hello' } as const
  yield FINISH
}
