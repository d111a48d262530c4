/** Claude Code's own tools over HTTP, on the real binary. */
import { mkdirSync, mkdtempSync, realpathSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import OpenAI from 'openai'
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { says, searches } from '../support/scripted-model-answers.ts'
import { startTestServer, type TestServer } from '../support/server.ts'

let server: TestServer
let root: string
let client: OpenAI

beforeAll(async () => {
  root = realpathSync(mkdtempSync(join(tmpdir(), 'dragoman-workspaces-')))
  mkdirSync(join(root, 'repository'))
  writeFileSync(join(root, 'repository', 'birds.txt'), 'the canary sings\n')
  server = await startTestServer({
    TOOLS_ALLOWED: 'Read,Glob,Grep,Edit,WebSearch',
    WORKSPACES: JSON.stringify({ repository: join(root, 'repository') }),
  })
  client = new OpenAI({ baseURL: `${server.url}/v1`, apiKey: 'none', maxRetries: 0 })
})

beforeEach(() => server.model.forget())

afterAll(async () => {
  await server[Symbol.asyncDispose]()
  rmSync(root, { recursive: true, force: true })
})

const question = {
  model: 'opus',
  messages: [{ role: 'user' as const, content: 'What do the birds do?' }],
  enable_tools: true,
}
const inRepository = { headers: { 'x-claude-workspace': 'repository' } }
const use = (name: string, input: Record<string, string>, text = '') =>
  says(text, { calls: [{ id: `toolu_${name}`, name, input }] })

describe('a request with enable_tools', () => {
  test('is answered from the files of the workspace that it names', async () => {
    server.model.script(
      use('Grep', { pattern: 'canary' }, 'Looking.'),
      use('Read', { file_path: join(root, 'repository', 'birds.txt') }),
      says('They sing.'),
    )
    const answer = await client.chat.completions.create(question, inRepository)
    expect(answer.choices[0]).toMatchObject({
      message: { content: 'Looking.\n\nThey sing.' },
      finish_reason: 'stop',
    })
    expect(answer.usage).toMatchObject({ prompt_tokens: 30 })
    expect(answer).not.toHaveProperty('tool_events')
    expect(JSON.stringify(server.model.requests.at(-1)?.body)).toContain('the canary sings')
  })

  test('streams what the tools do to those that ask', async () => {
    server.model.script(use('Glob', { pattern: '*' }), says('One file.'))
    const options = { include_usage: true, include_tool_events: true }
    const body = { ...question, stream: true as const, stream_options: options }
    const stream = await client.chat.completions.create(body, inRepository)
    const events: unknown[] = []
    let text = ''
    for await (const chunk of stream) {
      if ('tool_event' in chunk) events.push(chunk.tool_event)
      text += chunk.choices[0]?.delta.content ?? ''
    }
    expect(text).toBe('One file.')
    expect(events).toMatchObject([
      { type: 'tool_start', name: 'Glob', input: { pattern: '*' } },
      { type: 'tool_end', name: 'Glob', outcome: 'done', output: 'birds.txt' },
    ])
  })

  test.each([
    [{}, { 'x-claude-workspace': 'elsewhere' }, 403, 'workspace_not_allowed', /workspace/],
    [{}, { 'x-claude-allowed-tools': 'Bash' }, 403, 'tool_not_allowed', /Bash/],
    [{}, { 'x-claude-allowed-tools': 'Bash(git *)' }, 400, 'invalid_value', /whole tools/],
    [{}, { 'x-claude-allowed-tools': 'Task' }, 400, 'invalid_value', /Task/],
    [{}, { 'x-claude-permission-mode': 'bypassPermissions' }, 403, 'tool_not_allowed', /bypassPermissions/],
    [{}, { 'x-claude-max-turns': '51' }, 400, 'integer_above_max_value', /<= 50/],
    [{}, { 'x-claude-mcp-servers': 'none' }, 403, 'mcp_server_not_allowed', /none/],
    [{ n: 2 }, {}, 400, 'invalid_value', /1 answer/],
    [{ response_format: { type: 'json_object' } }, {}, 400, 'invalid_value', /text/],
    [{ enable_tools: false }, { 'x-claude-max-turns': '3' }, 400, 'unsupported_parameter', /x-claude-max-turns/],
    [{ tools: [{ type: 'function', function: { name: 'run_command' } }] }, {}, 403, 'tool_not_allowed', /run_command/],
  ])('with %j and %j is refused', async (fields, headers, status, code, message) => {
    const body = { ...question, ...fields }
    // @ts-expect-error -- extensions, and what is not allowed
    const refusal: unknown = await client.chat.completions.create(body, { headers }).catch((error: unknown) => error)
    expect(refusal).toMatchObject({ status, code, message: expect.stringMatching(message) })
  })

  test('ends with a call of a function of the caller’s, and takes one with a plain name for Claude Code’s tool', async () => {
    server.model.script(use('Glob', { pattern: '*' }), use('tell', { word: 'hello' }))
    const tools = ['tell', 'search_files'].map((name) => ({ type: 'function' as const, function: { name } }))
    const answer = await client.chat.completions.create({ ...question, tools }, inRepository)
    expect(answer.choices[0]).toMatchObject({
      finish_reason: 'tool_calls',
      message: { tool_calls: [{ function: { name: 'tell', arguments: '{"word":"hello"}' } }] },
    })
    const offered = JSON.stringify(server.model.requests.at(-1)?.body['tools'])
    expect(offered).toContain('"tell"')
    expect(offered).not.toContain('search_files')
  })
})

test('a function with a plain name is the caller’s own without enable_tools', async () => {
  server.model.script(use('run_command', { command: 'ls' }))
  const tools = [{ type: 'function' as const, function: { name: 'run_command' } }]
  const answer = await client.chat.completions.create({ ...question, enable_tools: false, tools } as typeof question)
  expect(answer.choices[0]?.message.tool_calls).toMatchObject([{ function: { name: 'run_command' } }])
})

test('web_search_options searches, and names the pages that the answer links to', async () => {
  server.model.script(
    use('WebSearch', { query: 'birds' }),
    searches([{ title: 'A page', url: 'https://example.com/a' }]),
    says('See [A page](https://example.com/a).'),
  )
  const answer = await client.chat.completions.create({
    ...question,
    enable_tools: false,
    web_search_options: {},
  } as typeof question)
  expect(answer.choices[0]?.message).toMatchObject({
    content: 'See [A page](https://example.com/a).',
    annotations: [
      {
        type: 'url_citation',
        url_citation: { start_index: 4, end_index: 35, title: 'A page', url: 'https://example.com/a' },
      },
    ],
  })
})
