/** Rows 1-3, 6, 7 and 57 of docs/faults.md: processes that end when they should not. */
import { afterAll, afterEach, beforeAll, expect, it, vi } from 'vitest'
import { EARLY, HELLO, LATE, type FaultyServer, newProfile, startFaultyServer } from '../../support/faulty-server.ts'
import { readOutcome } from '../../support/outcome.ts'
import { says, stallsBeforeHeaders } from '../../support/scripted-model-answers.ts'

const DEATHS = ['kill', 'segv', 'exit-0', 'exit-1'] as const

let test: FaultyServer
beforeAll(async () => {
  test = await startFaultyServer()
})
afterAll(() => test[Symbol.asyncDispose]())
afterEach(async () => {
  test.child.plan()
  await test.isWell()
})

it.each(DEATHS)('row 1: a process that ends by %s before its first word is replaced unseen', async (deed) => {
  test.child.plan({ ...EARLY, deed })
  expect(await test.complete()).toMatchObject({ status: 200, text: HELLO, finishReason: 'stop' })
  expect(test.child.culprits).toHaveLength(1)
})

it.each([
  ['row 1', 'kill', false],
  ['row 1', 'kill', true],
  ['row 6', 'exit-0', false],
  ['row 6', 'exit-0', true],
] as const)('%s: two that end by %s before their first word are a 502, streaming: %s', async (_, deed, stream) => {
  test.child.plan({ ...EARLY, deed, times: 2 })
  const calls = test.model.requests.length
  const response = await test.chat({ stream })
  expect([response.status, await response.json()]).toMatchObject([502, { error: { code: 'backend_error' } }])
  expect(test.model.requests.length - calls).toBe(2)
})

it.each(DEATHS)('row 2: a process that ends by %s in mid-stream is an error event within 500 ms', async (deed) => {
  test.child.plan({ ...LATE, deed })
  // It comes with the first word.
  const response = await test.chat({ stream: true })
  const began = performance.now()
  const end = { text: 'Hello', finishReason: null, code: 'backend_error', done: false }
  expect(await readOutcome(response)).toEqual({ status: 200, ...end })
  expect(performance.now() - began).toBeLessThan(500)
})

it('row 2: for whoever waits for the whole answer it is a 502, after one call', async () => {
  test.child.plan({ ...LATE, deed: 'kill' })
  const calls = test.model.requests.length
  expect(await test.complete()).toMatchObject({ status: 502, code: 'backend_error' })
  expect(test.model.requests.length - calls).toBe(1)
})

it('row 2: a process that dies when the model has said all costs nobody the answer', async () => {
  test.child.plan({ at: 'result', deed: 'kill' })
  expect(await test.complete()).toMatchObject({ status: 200, text: HELLO, finishReason: 'stop' })
})

it('row 3: the log tells by which signal a process went, such as that of a system without memory', async () => {
  test.child.plan({ ...LATE, deed: 'kill' })
  await test.complete()
  expect(test.log.findLast((line) => line.includes('turn failed'))).toContain('SIGKILL')
})

it('row 7: a binary that does not start is a 503 and no readiness, until it does', async () => {
  test.child.plan({ at: 'start', deed: 'exit-1', times: 2 })
  const response = await test.chat(newProfile())
  expect([response.status, await response.json()]).toMatchObject([503, { error: { code: 'backend_unavailable' } }])
  expect(response.headers.get('retry-after')).toBe('2')
  expect((await fetch(`${test.url}/ready`)).status).toBe(503)
  expect(await test.complete(newProfile())).toMatchObject({ status: 200, text: HELLO })
  expect((await fetch(`${test.url}/ready`)).status).toBe(200)
})

it('row 57: processes that are all killed at once are replaced, each once, and every caller is answered', async () => {
  await using many = await startFaultyServer({ MAX_WORKERS: '6', FIRST_EVENT_TIMEOUT: '10000' })
  many.model.otherwise(stallsBeforeHeaders())
  const asked = Array.from({ length: 6 }, () => many.complete(newProfile()))
  await vi.waitUntil(() => many.model.requests.length === 6, { timeout: 10_000 })
  many.model.otherwise(says(HELLO))
  for (const pid of many.workers('sonnet')) process.kill(pid, 'SIGKILL')
  for (const outcome of await Promise.all(asked)) expect(outcome).toMatchObject({ status: 200, text: HELLO })
  // No herd: one more call, and so one more process, for each.
  expect(many.model.requests).toHaveLength(12)
  await many.isWell(20)
})
