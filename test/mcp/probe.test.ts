/** Asking MCP servers what they offer: a real one over both of its transports, and those that misbehave. */
import { once } from 'node:events'
import { createServer, type RequestListener, type Server } from 'node:http'
import { createRequire } from 'node:module'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { createProbe, type Finding } from '../../src/mcp/probe.ts'
import type { McpServer } from '../../src/turn/own-tools.ts'
import { EVERYTHING, type EverythingOverHttp, serverScript, startEverything } from '../support/mcp-programs.ts'
import { gone, isAlive } from '../support/processes.ts'

const require = createRequire(import.meta.url)
const NO_PROGRAM = require.resolve('../../package.json')
const never = new AbortController().signal

const ask = (transport: McpServer['transport'], more: { deadlineMs?: number } = {}) => {
  const { deadlineMs = 10_000 } = more
  const probe = createProbe({ environment: { PATH: process.env['PATH'], OPERATORS_SECRET: 'mine' }, deadlineMs })
  return probe({ name: 'one', transport }, never)
}
const program = (...args: string[]): McpServer['transport'] => {
  return { type: 'stdio', command: process.execPath, args, env: { GIVEN: 'yes' } }
}
const script = (source: string): McpServer['transport'] => program('-e', source)
const at = (url: string, headers: Record<string, string> = {}): McpServer['transport'] => ({
  type: 'http',
  url,
  headers,
})
const namesOf = (finding: Finding): readonly string[] =>
  'tools' in finding ? finding.tools.map(({ name }) => name) : []

describe('a server of npm', () => {
  let web: EverythingOverHttp

  beforeAll(async () => {
    web = await startEverything()
  })
  afterAll(() => web.stop())

  test('tells its tools over stdio', async () => {
    const finding = await ask(program(EVERYTHING, 'stdio'))
    expect(finding).toMatchObject({
      tools: expect.arrayContaining([{ name: 'echo', description: expect.any(String) }]),
    })
  })

  test('tells its tools over HTTP', async () => {
    expect(namesOf(await ask(at(web.url)))).toContain('echo')
  })
})

describe('a program', () => {
  test('sees what it was given, and nothing of ours', async () => {
    const names = namesOf(await ask(script(serverScript('Object.keys(process.env)'))))
    expect(names.toSorted()).toEqual(['GIVEN', 'HOME', 'PATH'])
  })

  test('is ended with all that it started, also when it takes no notice', async () => {
    const stubborn = "process.on('SIGTERM', () => {}); setInterval(() => {}, 1000);"
    const started = "[process.pid, require('node:child_process').spawn('sleep', ['600']).pid].map(String)"
    const pids = namesOf(await ask(script(stubborn + serverScript(started)))).map(Number)
    expect(pids).toHaveLength(2)
    await Promise.all(pids.map((pid) => gone(pid)))
    expect(pids.filter(isAlive)).toEqual([])
  })

  test.each<[string, McpServer['transport'], string]>([
    ['is not there', { type: 'stdio', command: '/nowhere/server', args: [], env: {} }, 'Its program was not found.'],
    ['may not be run', { type: 'stdio', command: NO_PROGRAM, args: [], env: {} }, 'Its program may not be run.'],
    ['ends at once', script('process.exit(3)'), 'It ended before it answered.'],
    ['never answers', script('setInterval(() => {}, 1000)'), 'It did not answer in time.'],
    [
      'never stops talking',
      script("for (;;) require('node:fs').writeSync(1, 'x'.repeat(65536))"),
      'It says more than is read.',
    ],
    [
      'has too many tools',
      script(serverScript('Array.from({ length: 600 }, (_, n) => `t${n}`)')),
      'It says more than is read.',
    ],
  ])('that %s is told in our words', async (_, transport, reason) => {
    const deadlineMs = reason.includes('in time') ? 300 : 10_000
    expect(await ask(transport, { deadlineMs })).toEqual({ reason })
  })
})

describe('an address', () => {
  let server: Server
  let url = ''
  const seen: (string | undefined)[] = []
  const answers: Record<string, RequestListener> = {
    '/locked': (request, response) => {
      seen.push(request.headers['x-key']?.toString())
      response.writeHead(401).end('who are you, secret-of-theirs?')
    },
    '/broken': (_, response) => response.writeHead(500).end('at /srv/secret-path.js:1'),
    '/silent': () => undefined,
    '/page': (_, response) => response.writeHead(200, { 'content-type': 'text/html' }).end('<html>'),
    '/endless': (_, response) => {
      response.writeHead(200, { 'content-type': 'application/json' })
      const more = (): void => {
        while (response.write('x'.repeat(65_536)));
      }
      response.on('drain', more)
      more()
    },
  }

  beforeAll(async () => {
    server = createServer((request, response) => answers[request.url ?? '']?.(request, response))
    server.listen(0, '127.0.0.1')
    await once(server, 'listening')
    const address = server.address()
    url = typeof address === 'object' && address !== null ? `http://127.0.0.1:${address.port}` : ''
  })
  afterAll(() => {
    server.closeAllConnections()
    server.close()
  })

  test.each([
    ['/locked', 'It does not accept the login.'],
    ['/broken', 'It answered with HTTP 500.'],
    ['/silent', 'It did not answer in time.'],
    ['/page', 'It does not answer as an MCP server does.'],
    ['/endless', 'It says more than is read.'],
  ])('%s is told in our words', async (path, reason) => {
    const deadlineMs = path === '/silent' ? 300 : 10_000
    expect(await ask(at(url + path, { 'x-key': 'k' }), { deadlineMs })).toEqual({ reason })
  })

  test('gets the headers that belong to it', () => {
    expect(seen).toContain('k')
  })

  test('where nobody listens cannot be reached', async () => {
    expect(await ask(at('http://127.0.0.1:1/mcp'))).toEqual({ reason: 'It cannot be reached.' })
  })
})
