import { expect, it, vi } from 'vitest'
import { startTestEngine, textOf } from '../support/engine.ts'
import { says, stalls, stallsBeforeHeaders } from '../support/scripted-model-answers.ts'

it('row 57: when all processes are killed at once each turn ends honestly, and no more are started than are needed', async () => {
  await using test = await startTestEngine({ MAX_WORKERS: '3' })
  const started = async (): Promise<number> =>
    Number(/^dragoman_worker_start_seconds_count (\d+)$/m.exec(await test.metrics.render())?.[1])
  test.model.script(stalls(['Hel']), stalls(['Hel']), stallsBeforeHeaders())
  const spoken = [test.begin(), test.begin()]
  for (const turn of spoken) await turn.next()
  const silent = test.ask()
  await vi.waitUntil(() => test.model.requests.length === 3, { timeout: 10_000, interval: 10 })
  const before = await started()
  test.model.otherwise(says('from another process'))
  for (const pid of test.workers()) process.kill(pid, 'SIGKILL')

  for (const turn of spoken) {
    // One has not told its first words yet, perhaps.
    const rest = async (): Promise<void> => {
      while ((await turn.next()).done !== true);
    }
    await expect(rest()).rejects.toMatchObject({ kind: 'worker_died' })
  }
  expect(textOf(await silent)).toBe('from another process')
  const answers = await Promise.all([test.ask(), test.ask(), test.ask()])
  expect(answers.map(textOf)).toEqual(Array.from({ length: 3 }, () => 'from another process'))
  expect((await started()) - before).toBeLessThanOrEqual(1 + 3)
})
