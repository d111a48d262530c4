import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, test, vi } from 'vitest'
import { watchDisk } from '../../../src/engine/own-tools/disk-watch.ts'
import { simpleTurn, startTestEngine } from '../../support/engine.ts'

test('a turn is ended before the disk that it writes to is full', async () => {
  let free = 100
  const freeAt = (path: string): Promise<number> => Promise.resolve(path === '/a' ? free : 1000)
  const watch = await watchDisk(['/a', '/b'], { leastFree: 50, freeAt, everyMs: 5 })
  const freeAgain = watchDisk(['/b'], { leastFree: 50, freeAt, everyMs: 5 })
  free = 49
  await vi.waitUntil(() => watch.signal.aborted)
  expect(watch.signal.reason).toMatchObject({ kind: 'worker_unavailable' })
  await expect(watchDisk(['/a'], { leastFree: 50, freeAt })).rejects.toMatchObject({ kind: 'worker_unavailable' })
  expect((await freeAgain).signal.aborted).toBe(false)
  for (const each of [watch, await freeAgain]) each.close()
})

test('nothing is bounded by 0, and nothing ended because nobody can tell', async () => {
  const gone = (): Promise<number> => Promise.reject(new Error('gone'))
  const options = { freeAt: () => Promise.resolve(0), everyMs: 1 }
  const watches = [
    await watchDisk(['/a'], { ...options, leastFree: 0 }),
    await watchDisk(['/a'], { ...options, freeAt: gone, leastFree: 1 }),
  ]
  for (const { signal, close } of watches) {
    expect(signal.aborted).toBe(false)
    close()
  }
})

test('a turn that writes is not begun with too little room, one that reads is', async () => {
  const engine = await startTestEngine({ TOOLS_MIN_FREE_BYTES: String(1e15) })
  const workspace = mkdtempSync(join(tmpdir(), 'dragoman-disk-'))
  const ownTools = { workspace, maxTurns: 1, mode: 'work', mcpServers: [] } as const
  try {
    await expect(
      engine.ask({ ...simpleTurn(), ownTools: { ...ownTools, allowed: ['Read', 'Write'] } }),
    ).rejects.toMatchObject({ kind: 'worker_unavailable' })
    const events = await engine.ask({ ...simpleTurn(), ownTools: { ...ownTools, allowed: ['Read'] } })
    expect(events.at(-1)).toMatchObject({ type: 'finish' })
  } finally {
    await engine[Symbol.asyncDispose]()
    rmSync(workspace, { recursive: true })
  }
})
