import { mkdtempSync, readdirSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, expect, test, vi } from 'vitest'
import { isAlive, workersOf } from '../support/processes.ts'
import { type DragomanOptions, type RunningDragoman, startDragoman, THRIFTY } from '../support/dragoman-process.ts'
import { startInTerminal } from '../support/terminal.ts'

const running: RunningDragoman[] = []

afterEach(() => Promise.all(running.splice(0).map((server) => server.stop())))

async function startDemo(options: DragomanOptions = {}, ...args: readonly string[]): Promise<RunningDragoman> {
  const server = await startDragoman(['--demo', '--port', '0', ...args], { binary: 'scripted', ...options })
  running.push(server)
  return server
}

/** A stream of some seconds; resolves with its first bytes. */
async function openStream({ url }: RunningDragoman) {
  const response = await fetch(`${url}/v1/chat/completions`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ model: 'default', stream: true, messages: [{ role: 'user', content: 'demo long 120' }] }),
  })
  expect(response.status).toBe(200)
  const reader = response.body?.pipeThrough(new TextDecoderStream()).getReader()
  if (reader === undefined) throw new Error('no body')
  await reader.read()
  return async (): Promise<string> => {
    let text = ''
    for (;;) {
      const { done, value } = await reader.read()
      if (done) return text
      text += value
    }
  }
}

test('SIGTERM lets a running answer finish, refuses new ones, and ends with 0 and no process left', async () => {
  const server = await startDemo({ binary: 'real' })
  const readRest = await openStream(server)
  const workers = workersOf(server.dataFolder)
  expect(workers.length).toBeGreaterThan(0)
  server.signal('SIGTERM')
  await vi.waitUntil(() => server.stdout().includes('shutting down'), { timeout: 10_000, interval: 10 })
  const refused = await fetch(`${server.url}/ready`)
  expect(refused.status).toBe(503)
  expect(await readRest()).toContain('data: [DONE]')
  expect((await server.finished).code).toBe(0)
  expect(workers.filter(isAlive)).toEqual([])
})

test('what outlives the drain ends in an error event', async () => {
  const server = await startDemo({}, '--drain-timeout', '200')
  const readRest = await openStream(server)
  server.signal('SIGTERM')
  const rest = await readRest()
  expect(rest).toContain('"code":"overloaded"')
  expect(rest).not.toContain('[DONE]')
  expect((await server.finished).code).toBe(0)
})

test('a second signal ends it at once, with no process left', async () => {
  const server = await startDemo()
  const readRest = await openStream(server)
  const workers = workersOf(server.dataFolder)
  server.signal('SIGINT')
  await vi.waitUntil(() => server.stdout().includes('shutting down'), { timeout: 10_000, interval: 10 })
  const asked = performance.now()
  server.signal('SIGINT')
  expect((await server.finished).code).toBe(1)
  expect(performance.now() - asked).toBeLessThan(1000)
  // Node's client takes a cut connection for an end or for an error.
  expect(await readRest().catch(() => '')).not.toContain('[DONE]')
  await vi.waitUntil(() => !workers.some(isAlive), { timeout: 2000 })
})

test('a copy of the signal that npm passes on does not count as a second one', async () => {
  const server = await startDemo({ env: { npm_lifecycle_event: 'start' } })
  const readRest = await openStream(server)
  server.signal('SIGINT')
  await vi.waitUntil(() => server.stdout().includes('shutting down'), { timeout: 10_000, interval: 5 })
  server.signal('SIGINT')
  expect(await readRest()).toContain('data: [DONE]')
  expect((await server.finished).code).toBe(0)
})

test.each([
  ['an error', 'throw new Error("nobody caught me")'],
  ['a rejection', 'Promise.reject(new Error("nobody caught me"))'],
])('row 60: %s that nobody caught is logged and drained, and ends with 1', async (_, deed) => {
  const server = await startDemo({ imports: [`data:text/javascript,process.on("SIGWINCH",()=>{${deed}})`] })
  const readRest = await openStream(server)
  server.signal('SIGWINCH')
  expect(await readRest()).toContain('data: [DONE]')
  const { code, stdout } = await server.finished
  expect(code).toBe(1)
  expect(stdout).toContain('nobody caught me')
})

test('a crash of the process itself ends it at once, with no process left', async () => {
  const server = await startDemo()
  await openStream(server)
  const workers = workersOf(server.dataFolder)
  server.signal('SIGSEGV')
  // By the signal, without a code: nothing of ours runs any more.
  expect((await server.finished).code).toBeNull()
  await vi.waitUntil(() => !workers.some(isAlive), { timeout: 5000 })
})

test.skipIf(process.platform !== 'linux')('a terminal that is closed ends it', async () => {
  const terminal = startInTerminal(['--demo', '--port', '0', '--no-ask-for-key'], THRIFTY)
  const url = await terminal.shows(/listens on (http:\S+)/)
  terminal.close()
  const isGone = (): Promise<boolean> =>
    fetch(`${url}/health`).then(
      () => false,
      () => true,
    )
  await vi.waitUntil(isGone, { timeout: 10_000, interval: 50 })
})

test('what a killed one left on disk is swept by the next on the same data folder', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'dragoman-shared-'))
  const first = await startDemo({ env: { DATA_DIR: folder } })
  await openStream(first)
  const [left] = readdirSync(join(folder, 'run'))
  first.signal('SIGKILL')
  await first.finished
  expect(readdirSync(join(folder, 'run'))).toEqual([left])
  const second = await startDemo({ env: { DATA_DIR: folder } })
  const third = await startDemo({ env: { DATA_DIR: folder } })
  expect(readdirSync(join(folder, 'run'))).toHaveLength(2)
  expect(readdirSync(join(folder, 'run'))).not.toContain(left)
  await Promise.all([second.stop(), third.stop()])
  rmSync(folder, { recursive: true })
})
