/** Row 64: the machine sleeps, or the process is stopped, for longer than requests may take. */
import { setTimeout as delay } from 'node:timers/promises'
import { afterAll, beforeAll, expect, test, vi } from 'vitest'
import { eventsOf } from '../support/app.ts'
import { type RunningDragoman, startDragoman } from '../support/dragoman-process.ts'
import { metric } from '../support/load-run.ts'
import { workersOf } from '../support/processes.ts'

let server: RunningDragoman
beforeAll(async () => {
  const env = { MAX_WORKERS: '2', MAX_TIMEOUT: '4000' }
  server = await startDragoman(['--demo', '--port', '0'], { binary: 'scripted', env })
})
afterAll(() => server.stop())

function ask(content: string, stream: boolean): Promise<Response> {
  return fetch(`${server.url}/v1/chat/completions`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ model: 'default', stream, messages: [{ role: 'user', content }] }),
  })
}

const loggedRequests = (): string[] =>
  server
    .stdout()
    .split('\n')
    .filter((line) => line.includes('"msg":"request"') && line.includes('completions'))

test('row 64: what ran out of time meanwhile ends once, nothing comes in a rush, and all goes on', async () => {
  const streams = await Promise.all([ask('demo long 2000', true), ask('demo long 2000', true)])
  const waiting = Promise.all(Array.from({ length: 6 }, () => ask('Hello', false)))
  await vi.waitUntil(async () => (await metric(server, 'dragoman_queue_length'))[''] === 6, { timeout: 5000 })
  server.signal('SIGSTOP')
  // The fault itself: time passes for everybody but the server.
  await delay(4200)
  server.signal('SIGCONT')
  for (const stream of streams) {
    const events = eventsOf(await stream.text())
    expect(events.filter((event) => event.includes('"error"'))).toEqual([expect.stringContaining('"timeout"')])
    expect(events.at(-1)).toContain('"timeout"')
  }
  expect((await waiting).map(({ status }) => status)).toEqual([504, 504, 504, 504, 504, 504])
  await vi.waitUntil(() => loggedRequests().length >= 8, { timeout: 5000, interval: 10 })
  expect(loggedRequests().map((line) => /"outcome":"(\w+)"/.exec(line)?.[1])).toEqual(
    Array.from({ length: 8 }, () => 'timeout'),
  )
  expect(workersOf(server.dataFolder).length).toBeLessThanOrEqual(2)
  const after = await Promise.all(Array.from({ length: 3 }, () => ask('Hello', false)))
  expect(after.map(({ status }) => status)).toEqual([200, 200, 200])
  // Nobody's work held the server up.
  expect(server.stdout()).not.toContain('held up')
})
