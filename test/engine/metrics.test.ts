import { expect, it, vi } from 'vitest'
import { startTestEngine, user } from '../support/engine.ts'
import { fails, says } from '../support/scripted-model-answers.ts'

/** The samples of a metric, by their labels. */
function samplesOf(text: string, name: string): Record<string, number> {
  const lines = text.split('\n').filter((line) => line.startsWith(`${name}{`) || line.startsWith(`${name} `))
  return Object.fromEntries(
    lines.map((line) => [line.slice(name.length, line.lastIndexOf(' ')), Number(line.slice(line.lastIndexOf(' ')))]),
  )
}

it('count turns by outcome, how their processes were found, and what became of these', async () => {
  await using test = await startTestEngine({ REUSE_WORKERS: 'true' })
  await test.proven()
  await test.ask()
  await test.ask({ conversation: [user('another')] })
  test.model.script(fails(400), says('cut', { stopReason: 'max_tokens' }))
  await test.ask().catch(() => undefined)
  await test.ask()
  await vi.waitUntil(() => test.engine.status().workers.busy === 0)
  const text = await test.metrics.render()
  expect(samplesOf(text, 'dragoman_turns_total')).toEqual({
    '{outcome="done"}': 2,
    '{outcome="length"}': 1,
    '{outcome="upstream_invalid_request"}': 1,
  })
  expect(samplesOf(text, 'dragoman_leases_total')).toEqual({ '{kind="new"}': 1, '{kind="reused"}': 3 })
  expect(samplesOf(text, 'dragoman_worker_resets_total')).toEqual({ '{outcome="done"}': 4 })
  expect(samplesOf(text, 'dragoman_workers')).toMatchObject({
    '{state="live"}': 2,
    '{state="busy"}': 0,
    '{state="idle"}': 2,
  })
  expect(samplesOf(text, 'dragoman_first_token_seconds_count')).toEqual({ '': 3 })
  expect(samplesOf(text, 'dragoman_turn_seconds_count')).toEqual({ '': 4 })
})
