import { expect, it, vi } from 'vitest'
import type { WorkerCounts } from '../../src/engine/engine.ts'
import { startTestEngine } from '../support/engine.ts'
import { fakeBinary } from '../support/fake-binary.ts'
import { createScriptedChild } from '../support/scripted-child.ts'
import { stalls } from '../support/scripted-model-answers.ts'

it('there are no more processes than may be, also after turns came while one was started ahead', async () => {
  const slow = fakeBinary(`sleep 0.7\nexec '${createScriptedChild().path}' "$@"`)
  const settings = { REUSE_WORKERS: 'true', MAX_WORKERS: '2', SPARE_WORKERS: '1', CLAUDE_CLI_PATH: slow }
  await using test = await startTestEngine(settings)
  await test.proven()
  const workers = (): WorkerCounts => test.engine.status().workers
  test.model.script(stalls(['Hel']))
  const dying = test.ask({ system: 'used' }).catch(() => undefined)
  await test.model.nextRequest()
  for (const pid of test.workers()) process.kill(pid, 'SIGKILL')
  await dying
  await vi.waitUntil(() => workers().starting === 1, { timeout: 5000, interval: 1 })
  await Promise.all(['one', 'other'].map((system) => test.ask({ system })))
  await vi.waitUntil(() => workers().starting === 0 && workers().busy === 0, { timeout: 5000, interval: 5 })
  await vi.waitUntil(() => workers().ending === 0, { timeout: 5000, interval: 5 })
  expect(workers().live).toBe(2)
})
