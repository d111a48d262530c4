import { execFileSync } from 'node:child_process'
import { closeSync, constants, mkdtempSync, openSync, readSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { createLogOutput } from '../src/log-output.ts'

let folder = ''
const open: number[] = []
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'dragoman-log-output-'))
})
afterEach(() => {
  for (const fd of open.splice(0)) closeSync(fd)
  rmSync(folder, { recursive: true, force: true })
})

function opened(path: string, flags: number | string): number {
  const fd = openSync(path, flags)
  open.push(fd)
  return fd
}

const LINE = `${'x'.repeat(99_999)}\n`

test('row 62: a reader that stalls holds up nobody: what is too much is dropped, counted, and told by the next line', async () => {
  const pipe = join(folder, 'pipe')
  execFileSync('mkfifo', [pipe])
  const { O_RDWR, O_NONBLOCK } = constants
  const fd = opened(pipe, O_RDWR | O_NONBLOCK)
  let dropped = 0
  const output = createLogOutput(fd, (lines) => (dropped += lines))
  for (let count = 0; count < 100; count += 1) output.write(LINE)
  // 8 MB wait, and some is in the pipe.
  expect(dropped).toBeGreaterThanOrEqual(15)
  const buffer = Buffer.alloc(1_000_000)
  let text = ''
  const read = (): void => {
    try {
      text += buffer.toString('utf8', 0, readSync(fd, buffer))
    } catch {
      // Nothing is there at this moment.
    }
  }
  const kept = 100 - dropped
  await vi.waitUntil(() => (read(), text.length >= kept * LINE.length), { timeout: 10_000, interval: 1 })
  output.write('{"msg":"after"}\n')
  await vi.waitUntil(() => (read(), text.includes('after')), { timeout: 10_000, interval: 5 })
  expect(text).toContain(`"dropped":${dropped},"msg":"log lines were lost"`)
})

test.skipIf(process.platform !== 'linux')('row 62: what a full disk does not take is counted', async () => {
  let dropped = 0
  const output = createLogOutput(opened('/dev/full', 'w'), (lines) => (dropped += lines))
  for (let count = 0; count < 3; count += 1) output.write('{}\n')
  await vi.waitUntil(() => dropped === 3, { timeout: 5000, interval: 5 })
})
