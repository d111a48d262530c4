import { createServer, type Server } from 'node:net'
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest'
import { type RunningDragoman, runDragoman, startDragoman } from '../support/dragoman-process.ts'
import { fakeBinary } from '../support/fake-binary.ts'

const running: RunningDragoman[] = []
let demo: RunningDragoman
beforeAll(async () => {
  demo = await startDragoman(['--demo', '--port', '0'])
})
afterAll(() => demo.stop())
const servers: Server[] = []

afterEach(async () => {
  await Promise.all(running.splice(0).map((server) => server.stop()))
  for (const server of servers.splice(0)) server.close()
})

async function start(...args: readonly string[]): Promise<RunningDragoman> {
  return startOn('real', ...args)
}

async function startOn(binary: 'real' | 'scripted', ...args: readonly string[]): Promise<RunningDragoman> {
  const server = await startDragoman(args, { binary })
  running.push(server)
  return server
}

/** A port that somebody listens on, with the one after it free as far as anybody can say. */
function takePort(): Promise<number> {
  return new Promise((resolve) => {
    const server = createServer().listen(0, '127.0.0.1', () => {
      const address = server.address()
      resolve(typeof address === 'object' && address !== null ? address.port : 0)
    })
    servers.push(server)
  })
}

test('the demo answers without an account, says that it is one, and shows a line to try', async () => {
  const response = await fetch(`${demo.url}/v1/chat/completions`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ model: 'default', messages: [{ role: 'user', content: 'Hello' }] }),
  })
  expect(response.status).toBe(200)
  const answer = await response.text()
  expect(answer).toMatch(/demo/i)
  // The real binary adds a line of its own: it must not read as if the caller had sent a system prompt.
  expect(answer).not.toContain('system prompt')
  expect(demo.stderr()).toContain('DEMO')
  expect(demo.stderr()).toContain(`curl ${demo.url}/v1/chat/completions`)
})

test('without a login it serves, and says what is missing', async () => {
  const server = await start('--port', '0')
  expect(server.stderr()).toContain('Claude Code is not logged in')
  expect(server.stderr()).toContain('ANTHROPIC_API_KEY')
})

test('a taken port is left for the next free one, which is said loudly', async () => {
  const taken = await takePort()
  const server = await startOn('scripted', '--demo', String(taken))
  expect(server.url).not.toBe(`http://127.0.0.1:${taken}`)
  expect(server.stderr()).toContain(`PORT ${taken} IS TAKEN`)
})

test('with STRICT_PORT a taken port ends the start with the reason, and no process was started', async () => {
  const taken = await takePort()
  const { code, stderr, stdout } = await runDragoman(['--demo', '--strict-port', String(taken)])
  expect(code).toBe(1)
  expect(stderr).toBe(`dragoman: port ${taken} is taken and STRICT_PORT is set\n`)
  expect(stdout).toBe('')
})

test.each([
  ['is missing', '/nonexistent/claude', 'missing'],
  ['does not run', fakeBinary('exit 1'), 'does not run'],
  ['would run what callers write', fakeBinary("echo '2.1.247 (Claude Code)'"), 'too old'],
])('with a binary that %s it does not start, and says why', async (_, path, reason) => {
  const { code, stderr } = await runDragoman(['--demo', '--port', '0'], { env: { CLAUDE_CLI_PATH: path } })
  expect(code).toBe(1)
  expect(stderr).toMatch(/^dragoman: Claude Code: /)
  expect(stderr).toContain(reason)
})

test('beyond loopback it refuses to start without a key', async () => {
  const { code, stderr } = await runDragoman(['--host', '0.0.0.0', '--port', '0'])
  expect(code).toBe(2)
  expect(stderr).toContain('API_KEY')
})

test.each([
  ['/dev/null/data', {}],
  // What asks nothing of the database at the start has to notice too.
  ['/sys/kernel/dragoman', { API_KEY: 'any-key' }],
])('row 33: with a data folder that cannot be used it does not start, and names it: %s', async (folder, env) => {
  const { code, stderr } = await runDragoman(['--demo', '--port', '0', '--data-dir', folder], { env })
  expect(code).toBe(1)
  expect(stderr).toMatch(/^dragoman: .+\n$/)
  expect(stderr).toContain(folder)
})

test('row 45: with an address that is none of this machine it ends at once, and says so', async () => {
  const { code, stderr, stdout } = await runDragoman(['--demo', '--port', '0', '--host', '192.0.2.1'], {
    env: { API_KEY: 'any-key' },
  })
  expect(code).toBe(1)
  expect(stderr).toBe('dragoman: HOST=192.0.2.1 is no address of this machine\n')
  expect(stdout).toBe('')
})

test('nothing is left in the data folder after the end', async () => {
  demo.signal('SIGTERM')
  expect((await demo.finished).leftovers).toEqual([])
})
