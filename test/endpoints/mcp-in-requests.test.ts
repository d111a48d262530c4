/** Requests that name MCP servers, on the real binary: a server of npm over both of its transports, and one that misbehaves. */
import { readFileSync } from 'node:fs'
import OpenAI from 'openai'
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest'
import { EVERYTHING, type EverythingOverHttp, serverScript, startEverything } from '../support/mcp-programs.ts'
import { gone } from '../support/processes.ts'
import { says } from '../support/scripted-model-answers.ts'
import { startTestServer, type TestServer } from '../support/server.ts'

/** Takes no notice of signals, and starts another program that would outlive it. */
const BAD = `
  process.on('SIGTERM', () => {}); setInterval(() => {}, 1000)
  const other = require('node:child_process').spawn('sleep', ['600'])
  ${serverScript(
    "['pids', 'hang', 'die']",
    "if (name === 'die') process.exit(1); if (name === 'pids') answer({ content: [{ type: 'text', text: process.pid + ' ' + other.pid }] })",
  )}`

let server: TestServer
let web: EverythingOverHttp
let client: OpenAI

beforeAll(async () => {
  web = await startEverything()
  const program = (...args: string[]) => ({ command: process.execPath, args, env: { MCP_KEY: 'secret-of-a-server' } })
  server = await startTestServer({
    TOOL_TIMEOUT: '1000',
    MCP_SERVERS: JSON.stringify({
      here: { ...program(EVERYTHING, 'stdio'), tools: ['echo'] },
      there: { url: web.url },
      bad: program('-e', BAD),
      gone: { url: 'http://127.0.0.1:1/mcp' },
    }),
  })
  client = new OpenAI({ baseURL: `${server.url}/v1`, apiKey: 'none', maxRetries: 0 })
})
afterAll(async () => {
  await server[Symbol.asyncDispose]()
  await web.stop()
})
beforeEach(() => server.model.forget())

const question = { model: 'opus', messages: [{ role: 'user' as const, content: 'Go' }], enable_tools: true }
const ask = async (servers: string): Promise<string | null | undefined> => {
  const answer = await client.chat.completions.create(question, { headers: { 'x-claude-mcp-servers': servers } })
  return answer.choices[0]?.message.content
}
const use = (...names: string[]) =>
  says('', { calls: names.map((name) => ({ id: `toolu_${name}`, name, input: { message: 'coo' } })) })
const lastAsked = (): Record<string, unknown> => server.model.requests.at(-1)?.body ?? {}

test('the model gets the tools of the servers that a request names, and what they give', async () => {
  server.model.script(use('mcp__here__echo', 'mcp__there__echo'), says('Done.'))
  expect(await ask('here, there')).toBe('Done.')
  const body = JSON.stringify(lastAsked())
  expect(body.match(/Echo: coo/g)).toHaveLength(2)
  expect(body).toContain('"name":"mcp__there__get-sum"')
  expect(body).not.toContain('"name":"mcp__here__get-sum"')
})

test('of a long text the model gets the beginning, and is told so', async () => {
  const input = { message: 'x'.repeat(90_000) }
  server.model.script(says('', { calls: [{ id: 'toolu_long', name: 'mcp__there__echo', input }] }), says('Done.'))
  expect(await ask('there')).toBe('Done.')
  expect(JSON.stringify(lastAsked()['messages'])).toMatch(/Echo: x{44994}".{1,60}\[45006 more characters\]/)
})

test('a server that hangs, dies or is away is an error of a tool, and nothing of it is left', async () => {
  const withSecret: boolean[] = []
  server.model.script(
    use('mcp__bad__pids'),
    use('mcp__bad__hang'),
    (request, reply) => {
      const places = server.workers().flatMap((pid) => [`/proc/${pid}/environ`, `/proc/${pid}/cmdline`])
      withSecret.push(...places.map((path) => readFileSync(path, 'utf8').includes('secret-of-a-server')))
      return use('mcp__bad__die')(request, reply)
    },
    says('I tried.'),
  )
  expect(await ask('bad,gone')).toBe('I tried.')
  const { messages } = lastAsked()
  const results = JSON.stringify(messages).match(/"is_error":true/g)
  expect(results).toHaveLength(2)
  expect(withSecret).toContain(false)
  expect(withSecret).not.toContain(true)
  const pids = /(\d+) (\d+)/.exec(JSON.stringify(messages))?.slice(1).map(Number) ?? []
  expect(pids).toHaveLength(2)
  await Promise.all(pids.map((pid) => gone(pid)))
})
