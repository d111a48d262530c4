/** Rows 8-10 and 12 of docs/faults.md: processes that say what they should not, or lose a pipe. */
import { afterAll, afterEach, beforeAll, expect, it } from 'vitest'
import { EARLY, HELLO, LATE, type FaultyServer, startFaultyServer } from '../../support/faulty-server.ts'
import { drips } from '../../support/scripted-model-answers.ts'

const WHOLE = { status: 200, text: HELLO, finishReason: 'stop', code: null, done: true }

let test: FaultyServer
beforeAll(async () => {
  test = await startFaultyServer()
})
afterAll(() => test[Symbol.asyncDispose]())
afterEach(async () => {
  test.child.plan()
  await test.isWell()
})

it('row 8: garbage, broken lines and types that nobody knows are skipped', async () => {
  test.child.plan({ ...LATE, deed: 'noise' })
  expect(await test.complete()).toEqual(WHOLE)
  expect(test.child.culprits).toHaveLength(1)
})

it.each(['flood', 'huge-line', 'half-line-exit', 'null-line'] as const)(
  'row 8: a process that does "%s" before its first word is replaced unseen',
  async (deed) => {
    test.child.plan({ ...EARLY, deed })
    expect(await test.complete()).toEqual(WHOLE)
    expect(test.child.culprits).toHaveLength(1)
  },
)

it('row 8: two that flood their stdout before their first word are a 502', async () => {
  test.child.plan({ ...EARLY, deed: 'flood', times: 2 })
  expect(await test.complete()).toMatchObject({ status: 502, code: 'backend_error' })
})

it('row 12: it has a counter of its own', async () => {
  const count = async (): Promise<number> => {
    const metrics = await (await fetch(new URL('/metrics', test.url))).text()
    return Number(/^dragoman_answer_mismatches_total (\d+)/m.exec(metrics)?.[1])
  }
  const before = await count()
  test.child.plan({ at: 'result', deed: 'other-text' })
  await test.complete({ stream: true })
  expect(await count()).toBe(before + 1)
})

it.each(['flood', 'huge-line', 'half-line-exit', 'null-line'] as const)(
  'row 8: a process that does "%s" in mid-stream ends the stream in an error event',
  async (deed) => {
    // Its first word is with the caller before the second is on its way.
    test.model.script(drips(WHOLE.text, 50))
    test.child.plan({ ...LATE, deed })
    const outcome = await test.complete({ stream: true })
    expect(outcome).toMatchObject({ finishReason: null, code: 'backend_error', done: false })
  },
)

it('row 8: an answer that lost one of its pieces is not taken for whole', async () => {
  test.child.plan({ ...LATE, deed: 'garbage' })
  expect(await test.complete()).toMatchObject({ status: 502, code: 'backend_error' })
})

it('row 9: a process that lives on without a stdout is replaced unseen', async () => {
  test.child.plan({ ...EARLY, deed: 'close-stdout' })
  expect(await test.complete()).toEqual(WHOLE)
  expect(test.child.culprits).toHaveLength(1)
})

it('row 9: two that live on without a stdout are a 502', async () => {
  test.child.plan({ ...EARLY, deed: 'close-stdout', times: 2 })
  expect(await test.complete()).toMatchObject({ status: 502, code: 'backend_error' })
})

it('row 9: a process that took leave of its stdin is not there for the next turn, which another one answers', async () => {
  test.child.plan({ at: 'result', deed: 'close-stdin' })
  expect(await test.complete()).toEqual(WHOLE)
  expect(test.child.culprits).toHaveLength(1)
  expect(await test.complete()).toEqual(WHOLE)
})

it('row 10: much on stderr holds nothing up', async () => {
  test.child.plan({ ...LATE, deed: 'much-stderr' })
  expect(await test.complete()).toEqual(WHOLE)
  expect(test.child.culprits).toHaveLength(1)
})

it('row 12: a result that is not what was streamed ends the stream in an error event', async () => {
  test.child.plan({ at: 'result', deed: 'other-text' })
  const outcome = await test.complete({ stream: true })
  expect(outcome).toMatchObject({ text: WHOLE.text, finishReason: null, code: 'backend_error', done: false })
})

it('row 12: for whoever waits for the whole answer it is a 502', async () => {
  test.child.plan({ at: 'result', deed: 'other-text' })
  expect(await test.complete()).toMatchObject({ status: 502, code: 'backend_error' })
})
