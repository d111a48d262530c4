/**
 * What happens to processes, again and again on the real binary: about 4 minutes on 2 cores. `SOAK_FAULTS` (30) says how
 * often, `SOAK_WORKERS` (16) how many die at once.
 */
import { expect, it, vi } from 'vitest'
import { startTestEngine, type TestEngine, textOf } from '../support/engine.ts'
import { gone } from '../support/processes.ts'
import { says, stalls, stallsBeforeHeaders } from '../support/scripted-model-answers.ts'

const times = Number(process.env['SOAK_FAULTS'] ?? 30)
const workers = Number(process.env['SOAK_WORKERS'] ?? 16)
/** Of a model of its own, by which its processes are known. */
const SONNET = { model: 'sonnet' }

/** Nothing runs, nothing waits, no more processes than there may be, and the next turn is answered. */
async function isAsBefore(test: TestEngine): Promise<void> {
  await vi.waitUntil(() => test.engine.status().workers.busy === 0, { timeout: 10_000 })
  const { queued, workers: counted } = test.engine.status()
  expect(queued).toBe(0)
  expect(test.workers().length).toBeLessThanOrEqual(counted.limit)
  test.model.otherwise(says('well again'))
  expect(textOf(await test.ask())).toBe('well again')
}

it(`rows 1 and 2: ${times} processes killed before the first word cost nothing, ${times} in mid-answer their turn`, async () => {
  await using test = await startTestEngine({ REUSE_WORKERS: 'true', MAX_WORKERS: '2' })
  await test.proven()
  for (let number = 0; number < times; number += 1) {
    const before = test.model.requests.length
    test.model.script(stallsBeforeHeaders(), says('from another process'))
    const silent = test.ask(SONNET)
    await vi.waitUntil(() => test.model.requests.length > before, { timeout: 15_000 })
    for (const pid of test.workers('sonnet')) process.kill(pid, 'SIGKILL')
    expect(textOf(await silent)).toBe('from another process')

    test.model.script(stalls(['Hel']))
    const spoken = test.begin(SONNET)
    await spoken.next()
    await spoken.next()
    const killed = performance.now()
    for (const pid of test.workers('sonnet')) process.kill(pid, 'SIGKILL')
    await expect(spoken.next()).rejects.toMatchObject({ kind: 'worker_died' })
    expect(performance.now() - killed).toBeLessThan(500)
  }
  await isAsBefore(test)
})

it(`row 4: ${Math.ceil(times / 3)} processes that stand still are given up and gone in 5 s`, async () => {
  await using test = await startTestEngine({ REUSE_WORKERS: 'true', MAX_WORKERS: '2', IDLE_TIMEOUT: '300' })
  await test.proven()
  for (let number = 0; number < times / 3; number += 1) {
    test.model.script(stalls(['Hel']))
    const turn = test.begin(SONNET)
    await turn.next()
    await turn.next()
    const pids = test.workers('sonnet')
    expect(pids).not.toEqual([])
    for (const pid of pids) process.kill(pid, 'SIGSTOP')
    await expect(turn.next()).rejects.toMatchObject({ kind: 'upstream_timeout' })
    await Promise.all(pids.map((pid) => gone(pid)))
  }
  await isAsBefore(test)
})

it(`row 57: ${workers} processes killed at once are back in 30 s`, async () => {
  await using test = await startTestEngine({ MAX_WORKERS: String(workers), INIT_TIMEOUT: '60000' })
  test.model.otherwise(stalls(['Hel']))
  const turns = Array.from({ length: workers }, () => test.begin())
  const ended = turns.map(async (turn) => {
    while ((await turn.next()).done !== true);
  })
  const failed = Promise.allSettled(ended)
  await vi.waitUntil(() => test.model.requests.length === workers, { timeout: 120_000 })
  test.model.otherwise(says('well again'))
  const killed = performance.now()
  for (const pid of test.workers()) process.kill(pid, 'SIGKILL')
  await failed
  const answers = await Promise.all(Array.from({ length: workers }, async () => test.ask()))
  console.log(`back after ${Math.round(performance.now() - killed)} ms`)
  expect(performance.now() - killed).toBeLessThan(30_000)
  expect(answers.map(textOf)).toEqual(answers.map(() => 'well again'))
  await isAsBefore(test)
})
