import { expect, it, vi } from 'vitest'
import { startTestEngine, user } from '../support/engine.ts'
import { fails, says, stalls } from '../support/scripted-model-answers.ts'

/** The samples of a metric that are not 0, by their labels. */
function samplesOf(text: string, name: string): Record<string, number> {
  const lines = text.split('\n').filter((line) => line.startsWith(`${name}{`) || line.startsWith(`${name} `))
  const samples = lines.map((line): [string, number] => [
    line.slice(name.length, line.lastIndexOf(' ')),
    Number(line.slice(line.lastIndexOf(' '))),
  ])
  return Object.fromEntries(samples.filter(([, value]) => value !== 0))
}

it('count turns by outcome, how their processes were found, and what became of these', async () => {
  await using test = await startTestEngine({ REUSE_WORKERS: 'true' })
  await test.proven()
  await test.ask()
  await test.ask({ conversation: [user('another')] })
  test.model.script(fails(400), says('cut', { stopReason: 'max_tokens' }))
  await test.ask().catch(() => undefined)
  await test.ask()
  await vi.waitUntil(() => test.engine.status().workers.busy === 0, { timeout: 10_000, interval: 10 })
  const text = await test.metrics.render()
  expect(samplesOf(text, 'dragoman_turns_total')).toEqual({
    '{outcome="done"}': 2,
    '{outcome="length"}': 1,
    '{outcome="upstream_invalid_request"}': 1,
  })
  expect(samplesOf(text, 'dragoman_leases_total')).toEqual({ '{kind="warm"}': 1, '{kind="reused"}': 3 })
  expect(samplesOf(text, 'dragoman_worker_resets_total')).toEqual({ '{outcome="done"}': 4 })
  expect(samplesOf(text, 'dragoman_workers')).toEqual({ '{state="idle"}': 1 })
  expect(samplesOf(text, 'dragoman_first_token_seconds_count')).toEqual({ '': 3 })
  expect(samplesOf(text, 'dragoman_turn_seconds_count')).toEqual({ '': 4 })
})

it('counts a process that dies, whatever it did, and logs the death that no turn tells of', async () => {
  await using test = await startTestEngine({ REUSE_WORKERS: 'true' })
  await test.proven()
  const broken = async (): Promise<number | undefined> =>
    samplesOf(await test.metrics.render(), 'dragoman_worker_ends_total')['{reason="broken"}']
  await test.ask()
  await vi.waitUntil(() => test.engine.status().workers.busy === 0, { timeout: 10_000, interval: 10 })
  const idle = test.engine.status().workers.idle
  for (const pid of test.workers()) process.kill(pid, 'SIGKILL')
  await vi.waitUntil(async () => (await broken()) === idle, { timeout: 10_000, interval: 10 })
  expect(test.log.filter((line) => line.includes('an idle process died'))).toHaveLength(idle)
  expect(test.log.join('')).toContain('"how":"ended by SIGKILL"')

  test.model.script(stalls(['Hel']))
  const iterator = test.begin()
  await iterator.next()
  for (const pid of test.workers()) process.kill(pid, 'SIGKILL')
  await expect(async () => {
    for (let next = await iterator.next(); next.done !== true; next = await iterator.next()) continue
  }).rejects.toMatchObject({ kind: 'worker_died' })
  await vi.waitUntil(async () => (await broken()) === idle + 1, { timeout: 10_000, interval: 10 })
  expect(test.log.filter((line) => line.includes('an idle process died'))).toHaveLength(idle)
})
