import { createServer, type Server } from 'node:http'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { smoke } from '../../src/commands/smoke.ts'
import { type RunningDragoman, runDragoman, startDragoman } from '../support/dragoman-process.ts'

let keyless: RunningDragoman
let keyed: RunningDragoman

beforeAll(async () => {
  ;[keyless, keyed] = await Promise.all([
    startDragoman(['--demo', '--port', '0']),
    startDragoman(['--demo', '--port', '0'], { env: { API_KEY: 'test-key-1' }, binary: 'scripted' }),
  ])
})

afterAll(() => Promise.all([keyless.stop(), keyed.stop()]))

const TOPICS = ['reachable', 'key', 'login', 'models', 'plain answer', 'streamed answer', 'errors', 'request ids']

test('a server that is well passes every check, each on its line; its address may be given as clients have it', async () => {
  const { code, stdout } = await runDragoman(['smoke', '--url', `${keyless.url}/v1/`])
  expect(stdout.split('\n').filter((line) => line.startsWith('✓'))).toHaveLength(TOPICS.length)
  for (const topic of TOPICS) expect(stdout).toContain(`✓ ${topic}`)
  expect(code).toBe(0)
})

test('a server with a key passes when the key is given', async () => {
  const { code, stdout } = await runDragoman(['smoke', '--url', keyed.url, '--key', 'test-key-1'])
  expect(stdout).toContain('needed, and the one given is accepted')
  expect(code).toBe(0)
})

test('a server with a key fails without it, and says so', async () => {
  const { code, stdout } = await runDragoman(['smoke', '--url', keyed.url])
  expect(stdout).toContain('a key is needed: give it with --key')
  expect(code).toBe(1)
})

test('a wrong key fails, and is not printed', async () => {
  const { code, stdout, stderr } = await runDragoman(['smoke', '--url', keyed.url, '--key', 'wrong-key-1'])
  expect(stdout).toContain('the key is not accepted')
  expect(stdout + stderr).not.toContain('wrong-key-1')
  expect(code).toBe(1)
})

test('limits hold where a key is needed, which the start says, and nowhere else', async () => {
  const limitAt = async (url: string) => (await fetch(`${url}/version`)).headers.get('x-ratelimit-limit-requests')
  expect(await limitAt(keyed.url)).toBe('30')
  expect(keyed.stderr()).toContain('10 questions a minute')
  expect(await limitAt(keyless.url)).toBeNull()
  expect(keyless.stderr()).not.toContain('a minute')
})

test('nobody there is a failure that says why', async () => {
  const { code, stdout } = await runDragoman(['smoke', '--url', 'http://127.0.0.1:1'])
  expect(stdout).toMatch(/✗ reachable .*(ECONNREFUSED|bad port)/)
  expect(code).toBe(1)
})

test('a server that was asked too often says so, and when to come back', async () => {
  const message = 'Rate limit exceeded. Try again in 7 seconds.'
  const error = { message, type: 'rate_limit_exceeded', param: null, code: 'too_many_requests', retry_after: 7 }
  const full = createServer((_, response) => response.writeHead(429).end(JSON.stringify({ error })))
  const url = await listening(full)
  let lines = ''
  const isWell = await smoke({}, { url, deadlineMs: 5000 }, { write: (text) => (lines += text) })
  full.closeAllConnections()
  full.close()
  expect(lines).toContain(`✗ reachable        status 429: ${message}`)
  expect(isWell).toBe(false)
})

test('a server that never answers fails at the deadline', async () => {
  const silent: Server = createServer(() => undefined)
  const url = await listening(silent)
  let lines = ''
  const isWell = await smoke({}, { url, deadlineMs: 300 }, { write: (text) => (lines += text) })
  silent.closeAllConnections()
  silent.close()
  expect(lines).toContain('✗ reachable        no answer within the time')
  expect(isWell).toBe(false)
})

function listening(server: Server): Promise<string> {
  return new Promise((resolve) => {
    server.listen(0, '127.0.0.1', () => {
      const address = server.address()
      resolve(`http://127.0.0.1:${typeof address === 'object' && address !== null ? address.port : 0}`)
    })
  })
}
