/** Rows 4, 5, 11, 20, 21, 23 and 25 of docs/faults.md: processes and models that do not go on, and callers who do not wait. */
import { afterAll, afterEach, beforeAll, expect, it, vi } from 'vitest'
import { HELLO, LATE, type FaultyServer, newProfile, startFaultyServer } from '../../support/faulty-server.ts'
import { gone } from '../../support/processes.ts'
import { drips, stalls, stallsBeforeHeaders } from '../../support/scripted-model-answers.ts'
import { readEvents } from '../../support/server.ts'

let test: FaultyServer
beforeAll(async () => {
  test = await startFaultyServer({ HEARTBEAT_INTERVAL: '200' })
})
afterAll(() => test[Symbol.asyncDispose]())
afterEach(async () => {
  test.child.plan()
  await test.isWell()
})

it.each(['spin', 'half-line'] as const)(
  'row 4: a process that does "%s" in mid-stream is an error event, and gone within 5 s',
  async (deed) => {
    test.child.plan({ ...LATE, deed })
    const outcome = await test.complete({ stream: true })
    expect(outcome).toMatchObject({ text: 'Hello', finishReason: null, code: 'timeout', done: false })
    const [pid = 0] = test.child.culprits
    await gone(pid, 5000)
  },
)

it('row 4: a process that stands still before its first word is a 504', async () => {
  test.child.plan({ at: 'message_start', deed: 'stop' })
  expect(await test.complete()).toMatchObject({ status: 504, code: 'timeout' })
  const [pid = 0] = test.child.culprits
  await gone(pid, 5000)
})

it('row 5: a process that hangs before it is ready is replaced unseen', async () => {
  test.child.plan({ at: 'initialize', deed: 'hang' })
  expect(await test.complete(newProfile())).toMatchObject({ status: 200, text: HELLO })
  expect(test.child.culprits).toHaveLength(1)
})

it('row 5: two that hang are a 503 that says when to come back', async () => {
  test.child.plan({ at: 'initialize', deed: 'hang', times: 2 })
  const response = await test.chat(newProfile())
  expect([response.status, await response.json()]).toMatchObject([503, { error: { code: 'backend_unavailable' } }])
  expect(response.headers.get('retry-after')).toBe('2')
})

it('row 11: a process that owes its result costs nobody the answer, and is replaced', async () => {
  test.child.plan({ at: 'result', deed: 'hang' })
  const outcome = await test.complete({ stream: true })
  expect(outcome).toMatchObject({ status: 200, text: HELLO, finishReason: 'stop', done: true })
  const [pid = 0] = test.child.culprits
  await gone(pid, 5000)
})

it('row 20: a model that never begins is bridged by pings, then an error event', async () => {
  test.model.script(stallsBeforeHeaders())
  const response = await test.chat({ stream: true })
  expect(response.status).toBe(200)
  const { comments, data } = readEvents(await response.text())
  expect(comments.length).toBeGreaterThanOrEqual(2)
  expect(data.map((event): unknown => JSON.parse(event))).toMatchObject([{ error: { code: 'timeout' } }])
})

it('row 20: for whoever waits for the whole answer it is a 504', async () => {
  test.model.script(stallsBeforeHeaders())
  expect(await test.complete()).toMatchObject({ status: 504, code: 'timeout' })
})

it('row 21: a model that falls silent is an error event, and its connection is closed', async () => {
  test.model.script(stalls(['Hel']))
  expect(await test.complete({ stream: true })).toMatchObject({ text: 'Hel', code: 'timeout', done: false })
  await test.model.requests.at(-1)?.closed
})

it('row 23: a model that drips slowly is waited for, longer than any single deadline', async () => {
  test.model.script(drips(['Hel', 'lo ', 'from ', 'afar'], 300))
  expect(await test.complete({ stream: true })).toMatchObject({ text: 'Hello from afar', finishReason: 'stop' })
})

it('row 25: a caller who leaves before the first word stops the call, and its process serves the next', async () => {
  await test.complete()
  const before = test.workers('sonnet')
  expect(before).toHaveLength(1)
  test.model.script(stallsBeforeHeaders())
  const calls = test.model.requests.length
  const leaving = new AbortController()
  const left = test.chat({}, { signal: leaving.signal }).catch(() => undefined)
  await vi.waitUntil(() => test.model.requests.length > calls, { timeout: 10_000, interval: 10 })
  const began = performance.now()
  leaving.abort()
  await left
  await test.model.requests.at(-1)?.closed
  expect(performance.now() - began).toBeLessThan(1000)
  await vi.waitUntil(() => test.log.some((line) => line.includes('"status":499')), { timeout: 10_000, interval: 10 })
  expect(await test.complete()).toMatchObject({ status: 200, text: HELLO })
  expect(test.workers('sonnet')).toEqual(before)
})
