/** Rows 31 and 58 of docs/faults.md: what a process may take, and what is left when the system has no more to give. */
import { execFileSync } from 'node:child_process'
import { closeSync, openSync, readdirSync, readFileSync } from 'node:fs'
import { afterAll, afterEach, beforeAll, expect, it, vi } from 'vitest'
import { textOf } from '../../support/engine.ts'
import { HELLO, type FaultyServer, startFaultyServer } from '../../support/faulty-server.ts'
import { gone } from '../../support/processes.ts'

let test: FaultyServer
beforeAll(async () => {
  // Filling memory takes its time on a busy machine.
  test = await startFaultyServer({ FIRST_EVENT_TIMEOUT: '10000' })
})
afterAll(() => test[Symbol.asyncDispose]())
afterEach(async () => {
  test.child.plan()
  await test.isWell()
})

/** The processes that were ended for a reason. */
async function recycled(reason: string): Promise<number> {
  const metric = new RegExp(`^dragoman_worker_ends_total\\{reason="${reason}"\\} (\\d+)$`, 'm')
  return Number(metric.exec(await test.metrics.render())?.[1] ?? 0)
}

function descriptorLimit(): number {
  return Number(/^Max open files\s+(\d+)/m.exec(readFileSync('/proc/self/limits', 'utf8'))?.[1])
}

function limitDescriptors(soft: number): void {
  execFileSync('prlimit', ['--pid', String(process.pid), `--nofile=${soft}:`])
}

/** Opens files until there is no descriptor left. Gives back what closes them. */
function exhaustDescriptors(): () => void {
  const open: number[] = []
  try {
    for (;;) open.push(openSync('/dev/null', 'r'))
  } catch {
    return () => {
      for (const descriptor of open) closeSync(descriptor)
    }
  }
}

it.runIf(process.platform === 'linux')(
  'row 31: without a descriptor for a new process a turn fails as unavailable, and nothing half-open is left',
  async () => {
    await test.isWell()
    const usual = descriptorLimit()
    limitDescriptors(readdirSync('/proc/self/fd').length + 40)
    const release = exhaustDescriptors()
    try {
      await expect(test.ask({ system: 'One that no process has.' })).rejects.toMatchObject({
        kind: 'worker_unavailable',
      })
    } finally {
      release()
      limitDescriptors(usual)
    }
    expect(textOf(await test.ask({ system: 'One that no process has.' }))).toBe(HELLO)
    await test.isWell(20)
  },
)

it('row 58: a process that takes too much memory answers its turn and is then replaced', async () => {
  const before = await recycled('memory')
  test.child.plan({ at: 'message_start', deed: 'much-memory' })
  expect(await test.complete()).toMatchObject({ status: 200, text: HELLO, finishReason: 'stop' })
  const [pid = 0] = test.child.culprits
  await gone(pid)
  expect(await recycled('memory')).toBe(before + 1)
})

it('row 58: a process that is an hour old answers its turn and is then replaced', async () => {
  await test.complete()
  const before = await recycled('age')
  const now = performance.now.bind(performance)
  vi.spyOn(performance, 'now').mockImplementation(() => now() + 3_600_001)
  expect(await test.complete()).toMatchObject({ status: 200, text: HELLO, finishReason: 'stop' })
  await vi.waitUntil(async () => (await recycled('age')) === before + 1, { timeout: 5000 })
})
