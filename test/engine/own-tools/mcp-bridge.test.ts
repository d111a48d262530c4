/** What MCP servers can do to us, and what can be asked of them in Claude Code's name. */
import { createServer, type IncomingMessage, type RequestListener, type Server as HttpServer } from 'node:http'
import { EventEmitter, once } from 'node:events'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Client } from '@modelcontextprotocol/sdk/client/index.js'
import { InMemoryTransport } from '@modelcontextprotocol/sdk/inMemory.js'
import { CallToolResultSchema } from '@modelcontextprotocol/sdk/types.js'
import { afterAll, afterEach, beforeAll, describe, expect, test, vi } from 'vitest'
import { type Bridge, type BridgeOptions, bridgeServers } from '../../../src/engine/own-tools/mcp-bridge.ts'
import type { McpServer } from '../../../src/turn/own-tools.ts'

let folder = ''
const onError = vi.fn<(server: string, error: unknown) => void>()
const open: { close(): Promise<void> | void }[] = []

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'dragoman-bridge-'))
})
afterEach(async () => {
  onError.mockReset()
  for (const each of open.splice(0)) await each.close()
})
afterAll(() => rmSync(folder, { recursive: true, force: true }))

/**
 * A program that speaks the protocol.
 * @param tools an expression for its tools
 * @param call what it does at a call, which `answer(result)` answers
 */
const program = (tools: string, call: string, rest: Partial<McpServer> = {}): McpServer => {
  const script = `
    const say = (message) => process.stdout.write(JSON.stringify({ jsonrpc: '2.0', ...message }) + '\\n')
    require('node:readline').createInterface({ input: process.stdin }).on('line', (line) => {
      const { id, method, params } = JSON.parse(line)
      const answer = (result) => say({ id, result })
      const serverInfo = { name: 's', version: '1' }
      if (method === 'initialize') answer({ protocolVersion: params.protocolVersion, capabilities: { tools: {} }, serverInfo })
      if (method === 'tools/list') answer({ tools: (${tools}).map((tool) => ({ inputSchema: { type: 'object' }, ...tool })) })
      if (method === 'tools/call') { const { name } = params; ${call} }
    })`
  return { name: 's', transport: { type: 'stdio', command: process.execPath, args: ['-e', script], env: {} }, ...rest }
}

async function bridge(server: McpServer, options: Partial<BridgeOptions> = {}): Promise<Bridge> {
  const made = await bridgeServers([server], {
    connectMs: 10_000,
    callMs: 5000,
    folder,
    path: process.env['PATH'] ?? '',
    onError,
    ...options,
  })
  open.push(made)
  return made
}

/** Asks as Claude Code's process does, or what speaks in its name. */
async function speaker({ servers }: Bridge): Promise<(tool: string) => Promise<string>> {
  const config = servers['s']
  if (config?.type !== 'sdk') throw new Error('it is missing')
  const client = new Client({ name: 'c', version: '1' })
  const [ours, its] = InMemoryTransport.createLinkedPair()
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- the plain form, see function-server.ts
  const inner = its as Parameters<typeof config.instance.connect>[0]
  await Promise.all([config.instance.connect(inner), client.connect(ours)])
  open.push(client)
  return async (tool) => {
    const asked = { method: 'tools/call', params: { name: `mcp__s__${tool}`, arguments: {} } } as const
    try {
      return JSON.stringify(await client.request(asked, CallToolResultSchema))
    } catch (error) {
      return String(error)
    }
  }
}

async function ask(server: McpServer, tool: string): Promise<string> {
  return (await speaker(await bridge(server)))(tool)
}

test('a tool that is not wanted cannot be asked for either', async () => {
  const call = "answer({ content: [{ type: 'text', text: 'did ' + name }] })"
  const made = await bridge(
    program("[{ name: 'read' }, { name: 'delete' }]", call, { isWanted: (name) => name === 'read' }),
  )
  expect([...made.tools]).toEqual(['mcp__s__read'])
  const speak = await speaker(made)
  expect(await speak('read')).toContain('did read')
  expect(await speak('delete')).toMatch(/no such tool/)
})

test('no schema of a server’s is compiled, nor an answer held to it', async () => {
  const schema = "{ type: 'object', properties: { a: { type: 'string', pattern: '^(a+)+$' } } }"
  const call =
    "answer({ content: [{ type: 'text', text: 'in time' }], structuredContent: { a: 'a'.repeat(40) + '!' } })"
  const server = program(`[{ name: 'slow', outputSchema: ${schema} }]`, call)
  expect(await ask(server, 'slow')).toContain('in time')
})

describe('of a result the model gets', () => {
  test.each([
    [
      'its blocks alone',
      "{ content: [{ type: 'text', text: 'a' }], structuredContent: { b: 'x'.repeat(1e5) }, _meta: { c: 1 }, d: 1 }",
      /^\{"content":\[\{"type":"text","text":"a"\}\]\}$/,
    ],
    ['what it holds where it has no blocks', '{ content: [], structuredContent: { b: 1 } }', /\{\\"b\\":1\}/],
    [
      'so much of a resource',
      "{ content: [{ type: 'resource', resource: { uri: 'a:b', text: 'x'.repeat(45010) } }] }",
      /"x{45000}".*\[10 more characters\]/,
    ],
    [
      'a hundred parts',
      "{ content: Array.from({ length: 103 }, () => ({ type: 'text', text: 'a' })) }",
      /^\{"content":\[(\{"type":"text","text":"a"\},){100}\{"type":"text","text":"\[3 more parts\]"\}\]\}$/,
    ],
  ])('%s', async (_, result, expected) => {
    expect(await ask(program("[{ name: 't' }]", `answer(${result})`), 't')).toMatch(expected)
  })
})

describe('a server that', () => {
  test('has more tools than anybody would use is missing', async () => {
    const made = await bridge(program("Array.from({ length: 501 }, (_, n) => ({ name: 't' + n }))", ''))
    expect(made.missing).toEqual(['s'])
  })

  const asksUs = (times: number): McpServer => {
    const flood = `for (let n = 0; n < ${times}; n++) say({ id: 'ping' + n, method: 'ping' })`
    return program("[{ name: 't' }]", `${flood}; setTimeout(() => answer({ content: [] }), 200)`)
  }

  test('asks us without end is ended', async () => {
    expect(await ask(asksUs(501), 't')).toContain('did not answer')
  })

  test('asks us now and then is not', async () => {
    expect(await ask(asksUs(500), 't')).toBe('{"content":[]}')
  })

  test('is asked for many things is asked for ten at a time', async () => {
    const call = `globalThis.most = (globalThis.most ?? 0) + 1
      const text = String(most)
      setTimeout(() => { most -= 1; answer({ content: [{ type: 'text', text }] }) }, 50)`
    const speak = await speaker(await bridge(program("[{ name: 't' }]", call)))
    const said = await Promise.all(Array.from({ length: 25 }, () => speak('t')))
    expect(Math.max(...said.map((text) => Number(/"text":"(\d+)"/.exec(text)?.[1])))).toBe(10)
  })
})

describe('a server somewhere else', () => {
  const listen = async (answer: RequestListener): Promise<string> => {
    const server: HttpServer = createServer(answer).listen(0, '127.0.0.1')
    await once(server, 'listening')
    open.push({
      close: () => {
        server.closeAllConnections()
        server.close()
      },
    })
    const address = server.address()
    return `http://127.0.0.1:${typeof address === 'object' && address !== null ? address.port : 0}`
  }
  const at = (url: string): McpServer => ({
    name: 's',
    transport: { type: 'http', url, headers: { 'x-key': 'secret' } },
  })
  const read = async (request: IncomingMessage): Promise<{ id?: number; method?: string }> => {
    let text = ''
    for await (const chunk of request) text += String(chunk)
    return text === '' ? {} : JSON.parse(text)
  }
  /** Speaks the protocol in the plain way. */
  const speak: RequestListener = (request, response) => {
    void read(request).then(({ id, method }) => {
      const results: Record<string, object> = {
        initialize: {
          protocolVersion: '2025-06-18',
          capabilities: { tools: {} },
          serverInfo: { name: 's', version: '1' },
        },
        'tools/list': { tools: [{ name: 't', inputSchema: { type: 'object' } }] },
      }
      const result = results[method ?? '']
      if (result === undefined) return response.writeHead(request.method === 'GET' ? 405 : 202).end()
      response.writeHead(200, { 'content-type': 'application/json' })
      return response.end(JSON.stringify({ jsonrpc: '2.0', id, result }))
    })
  }

  test('is followed on its own host', async () => {
    const url = await listen((request, response) => {
      if (request.url === '/mcp/') speak(request, response)
      else response.writeHead(307, { location: '/mcp/' }).end()
    })
    expect((await bridge(at(`${url}/mcp`))).missing).toEqual([])
  })

  test.each([307, 308, 302, 301])('sends us nowhere else with %d, nor our secrets', async (status) => {
    const asked: (string | undefined)[] = []
    const inner = await listen((request, response) => {
      asked.push(request.url)
      speak(request, response)
    })
    const url = await listen((_, response) => void response.writeHead(status, { location: `${inner}/inner` }).end())
    expect((await bridge(at(url))).missing).toEqual(['s'])
    expect(asked).toEqual([])
  })

  test('does not lead us in a circle', async () => {
    const url = await listen((_, response) => void response.writeHead(307, { location: '/again' }).end())
    expect((await bridge(at(url))).missing).toEqual(['s'])
  })

  test('that says more than we would read is left', async () => {
    let said = 0
    const answers = new EventEmitter()
    const left = once(answers, 'left')
    const url = await listen((request, response) => {
      if (request.method !== 'POST') return void response.writeHead(405).end()
      response.writeHead(200, { 'content-type': 'text/event-stream' })
      response.once('close', () => answers.emit('left'))
      const more = (): void => {
        said += 100_000
        if (!response.destroyed) response.write(`: ${'x'.repeat(100_000)}\n`, more)
      }
      return more()
    })
    const bridged = bridge(at(url), { mostBytes: 2_000_000, connectMs: 2000 })
    await left
    expect(said).toBeLessThan(20_000_000)
    expect((await bridged).missing).toEqual(['s'])
  })
})
