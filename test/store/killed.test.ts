import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'
import { expect, test, vi } from 'vitest'
import { listKeys } from '../../src/store/keys-table.ts'
import { createTestStore } from '../support/store.ts'

const WRITER = fileURLToPath(new URL('../support/key-writer.mjs', import.meta.url))

/** Stores keys until it is killed in the middle of it; gives back those that it was told were stored. */
async function writeUntilKilled(dataFolder: string, name: string, enough: number): Promise<string[]> {
  const writer = spawn(process.execPath, [WRITER, dataFolder, name], { stdio: ['ignore', 'pipe', 'inherit'] })
  const closed = once(writer, 'close')
  let output = ''
  writer.stdout.setEncoding('utf8').on('data', (text: string) => (output += text))
  await vi.waitUntil(() => output.split('\n').length > enough || writer.exitCode !== null, {
    timeout: 10_000,
    interval: 1,
  })
  writer.kill('SIGKILL')
  await closed
  return output.split('\n').slice(0, -1)
}

test.each([1, 17, 60])(
  'two processes killed while they write lose nothing that was told (after %d keys)',
  async (n) => {
    await using subject = createTestStore()
    const told = await Promise.all(['a', 'b'].map((name) => writeUntilKilled(subject.dataFolder, name, n)))
    const stored = new Set((await subject.store.run(listKeys)).map((key) => key.id))
    expect(told.flat().length).toBeGreaterThan(n)
    expect(told.flat().filter((id) => !stored.has(id))).toEqual([])
  },
)
