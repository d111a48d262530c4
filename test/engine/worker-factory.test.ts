import { mkdtempSync, readdirSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, it, vi } from 'vitest'
import { createRunFolder } from '../../src/engine/run-folder.ts'
import { createWorkerFactory } from '../../src/engine/worker-factory.ts'
import { createScriptedChild } from '../support/scripted-child.ts'

it('a spare that cannot be spawned leaves no home behind', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'dragoman-factory-'))
  const runFolder = await createRunFolder(folder)
  const errors: unknown[] = []
  let spawns = 0
  const factory = createWorkerFactory({
    binary: createScriptedChild().path,
    environment: { PATH: process.env['PATH'] },
    login: { method: 'api_key', source: 'test', missing: [], env: { ANTHROPIC_API_KEY: 'none' } },
    egress: undefined,
    runFolder,
    deathWatch: {
      wrap: (file, args) => {
        spawns += 1
        if (spawns > 1) throw new Error('out of file descriptors')
        return { file, args: [...args] }
      },
      watch: () => undefined,
      close: () => undefined,
    },
    deadlines: () => ({ initMs: 5000, firstEventMs: 5000, idleMs: 5000 }),
    spares: 1,
    onSpareError: (error) => errors.push(error),
    onLeftover: (error) => errors.push(error),
  })
  const worker = await factory.start({ model: 'sonnet', system: '', toolMode: 'text' })
  await vi.waitUntil(() => errors.length > 0, { timeout: 5000, interval: 10 })
  expect(errors).toMatchObject([{ message: 'out of file descriptors' }])
  expect(readdirSync(runFolder.path).toSorted()).toEqual([worker.id, 'empty'].toSorted())
  await worker.end()
  await factory.close()
  rmSync(folder, { recursive: true, force: true })
})
