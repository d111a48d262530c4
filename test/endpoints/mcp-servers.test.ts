/** MCP servers over HTTP: who sees what of them, who may change them, and who may use them. */
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { Finding } from '../../src/mcp/probe.ts'
import { createPepper } from '../../src/keys/pepper.ts'
import { parseConfig } from '../../src/config.ts'
import { errorOf } from '../support/app.ts'
import { bearer, createKeyedApp, type KeyedApp, terms } from '../support/keys.ts'
import { createMcpServersOn } from '../support/mcp.ts'

const SERVERS = '/v1/mcp/servers'
const MCP_SERVERS = JSON.stringify({
  files: { command: '/bin/files', args: ['--root', '/srv'], env: { FILES_KEY: 'secret-one' }, tools: ['files_do'] },
  away: { url: 'https://away.example/mcp', headers: { authorization: 'Bearer secret-two' } },
})
const TICKETS = { name: 'tickets', url: 'https://tickets.example/mcp', headers: { 'x-key': 'secret-three' } }

const asked: string[] = []
const probe = ({ name }: { name: string }): Promise<Finding> => {
  asked.push(name)
  return Promise.resolve(
    name === 'away'
      ? { reason: 'It cannot be reached.' }
      : { tools: [`${name}_do`, `${name}_more`].map((tool) => ({ name: tool, description: null })) },
  )
}

let subject: KeyedApp
let admin = ''
let user = ''
let chatter = ''

const call = (key: string, path: string, method = 'GET', body?: unknown): Promise<Response> =>
  subject.request(path, {
    method,
    headers: { ...bearer(key), 'content-type': 'application/json' },
    ...(body !== undefined && { body: JSON.stringify(body) }),
  })
const list = async (key: string): Promise<Record<string, unknown>[]> => {
  const { data }: { data: Record<string, unknown>[] } = JSON.parse(await (await call(key, SERVERS)).text())
  return data
}
const failure = async (response: Response): Promise<[number, string, string]> => {
  const { code, message } = await errorOf(response)
  return [response.status, code, message]
}
/** What another instance on the same database has. */
const elsewhere = (more: Record<string, string> = {}) =>
  createMcpServersOn(subject.store, createPepper(more['KEY_PEPPER'], subject.dataFolder), {
    config: parseConfig({}, more),
  })

beforeAll(async () => {
  subject = createKeyedApp({ settings: { MCP_SERVERS }, probe })
  admin = (await subject.book.create(terms({ scopes: ['admin', 'tools'] }))).key
  user = (await subject.book.create(terms({ scopes: ['chat', 'tools'], mcpServers: ['files', 'tickets'] }))).key
  chatter = (await subject.book.create(terms({ scopes: ['chat'] }))).key
})
afterAll(() => subject[Symbol.asyncDispose]())

test('a key sees the servers that it may use, with those of their tools that may be used, and not how they are reached', async () => {
  expect(await list(user)).toEqual([
    {
      name: 'files',
      object: 'mcp.server',
      type: 'stdio',
      source: 'settings',
      status: 'connected',
      error: null,
      checked_at: expect.any(Number),
      tools: [{ name: 'files_do', description: null }],
    },
  ])
})

test('an admin key sees all of them, but no value of an environment or a header', async () => {
  const servers = await list(admin)
  expect(servers).toMatchObject([
    { name: 'away', status: 'failed', error: 'It cannot be reached.', tools: null, headers: ['authorization'] },
    { name: 'files', command: '/bin/files', args: ['--root', '/srv'], env: ['FILES_KEY'] },
  ])
  expect(JSON.stringify(servers)).not.toMatch(/secret-/)
})

test('a server is asked once in a minute', async () => {
  await list(admin)
  await list(user)
  expect(asked.filter((name) => name === 'files')).toHaveLength(1)
})

test.each([
  ['lists', 'GET', SERVERS, () => chatter],
  ['adds', 'POST', SERVERS, () => user],
  ['tests', 'POST', `${SERVERS}/files/test`, () => user],
  ['removes', 'DELETE', `${SERVERS}/files`, () => user],
])('a key without the scope %s none', async (_, method, path, key) => {
  const response = await call(key(), path, method, method === 'POST' ? TICKETS : undefined)
  expect(await failure(response)).toMatchObject([403, 'missing_scope', expect.anything()])
})

describe('a server that an admin key adds', () => {
  test('is there at once, for other instances too, and its secrets lie nowhere in the clear', async () => {
    const added = await call(admin, SERVERS, 'POST', TICKETS)
    expect(added.status).toBe(200)
    const text = await added.text()
    expect(JSON.parse(text)).toMatchObject({ name: 'tickets', source: 'added', status: 'unknown', headers: ['x-key'] })
    expect((await list(user)).map(({ name }) => name)).toEqual(['files', 'tickets'])
    const [server] = await elsewhere().select(['tickets'], { scopes: ['tools'] })
    expect(server?.transport).toEqual({ type: 'http', url: TICKETS.url, headers: TICKETS.headers })
    const rows = await subject.store.run((db) => db.selectFrom('mcp_servers').selectAll().execute())
    expect(text + JSON.stringify(rows) + JSON.stringify(subject.log)).not.toContain('secret-three')
  })

  test('is of no use to an instance with another pepper, which goes on without it', async () => {
    expect(await elsewhere({ KEY_PEPPER: 'another pepper, long enough' }).list({ scopes: [] })).toEqual([])
  })

  test('is asked when somebody tests it, whatever is known', async () => {
    const before = asked.filter((name) => name === 'tickets').length
    const response = await call(admin, `${SERVERS}/tickets/test`, 'POST')
    expect(JSON.parse(await response.text())).toMatchObject({
      status: 'connected',
      tools: [{ name: 'tickets_do' }, { name: 'tickets_more' }],
    })
    expect(asked.filter((name) => name === 'tickets')).toHaveLength(before + 1)
  })

  test('keeps its name to itself', async () => {
    const again = await call(admin, SERVERS, 'POST', TICKETS)
    expect((await failure(again)).slice(0, 2)).toEqual([409, 'mcp_server_exists'])
    const taken = await call(admin, SERVERS, 'POST', { ...TICKETS, name: 'files' })
    expect((await failure(taken)).slice(0, 2)).toEqual([409, 'mcp_server_exists'])
  })

  test('can be removed, for other instances too', async () => {
    const response = await call(admin, `${SERVERS}/tickets`, 'DELETE')
    expect(JSON.parse(await response.text())).toEqual({ name: 'tickets', object: 'mcp.server.deleted', deleted: true })
    expect(await elsewhere().list({ scopes: [] })).toEqual([])
    expect((await failure(await call(admin, `${SERVERS}/tickets`, 'DELETE'))).slice(0, 2)).toEqual([404, 'not_found'])
  })
})

test.each<[string, object, number, string, RegExp]>([
  ['a program', { name: 'x', command: '/bin/sh' }, 403, 'mcp_stdio_not_allowed', /MCP_STDIO_OVER_HTTP/],
  ['sse', { name: 'x', type: 'sse', url: 'https://a.example' }, 400, 'invalid_value', /'type': sse is not offered/],
  ['a name that the model could mistake', { ...TICKETS, name: 'a__b' }, 400, 'invalid_value', /'name'/],
  [
    "a look at the server's environment",
    { ...TICKETS, headers: { a: '${API_KEY}' } },
    400,
    'invalid_value',
    /'headers'/,
  ],
  ['no name', { url: 'https://a.example' }, 400, 'missing_required_parameter', /'name'/],
])('%s is refused', async (_, body, status, code, message) => {
  const response = await call(admin, SERVERS, 'POST', body)
  expect(await failure(response)).toEqual([status, code, expect.stringMatching(message)])
})

test('a server of the settings cannot be removed over HTTP', async () => {
  const response = await call(admin, `${SERVERS}/files`, 'DELETE')
  expect((await failure(response)).slice(0, 2)).toEqual([409, 'mcp_server_configured'])
})

test('a program is taken where the operator allows it', async () => {
  const servers = elsewhere({ MCP_STDIO_OVER_HTTP: 'true' })
  const { server } = await servers.add('shell', { command: '/bin/sh' })
  expect(server.transport).toEqual({ type: 'stdio', command: '/bin/sh', args: [], env: {} })
  await servers.remove('shell')
})

describe('a request', () => {
  const grant = { scopes: ['tools'] as const, mcpServers: ['files', 'gone'] }

  test('gets the servers that it names, each once', async () => {
    const servers = await elsewhere({ MCP_SERVERS }).select(['files', 'files'], grant)
    expect(servers).toMatchObject([{ name: 'files', transport: { command: '/bin/files' } }])
  })

  test.each(['gone', 'away', 'a\u0000b'])('that names %j, which is not there or not for it, gets 403', async (name) => {
    await expect(elsewhere({ MCP_SERVERS }).select(['files', name], grant)).rejects.toMatchObject({
      code: 'mcp_server_not_allowed',
      message: expect.stringMatching(/^There is no MCP server '(gone|away|ab)' that this API key may use\.$/),
    })
  })
})

test('a list does not wait for ever, nor for more than four servers at a time', async () => {
  let running = 0
  let most = 0
  const slow = (_: unknown, signal: AbortSignal): Promise<Finding> => {
    running += 1
    most = Math.max(most, running)
    return new Promise((resolve) => signal.addEventListener('abort', () => resolve({ reason: 'It ended.' })))
  }
  const six = Object.fromEntries(Array.from({ length: 6 }, (_, n) => [`s${n}`, { command: `x${n}` }]))
  const config = parseConfig({}, { MCP_SERVERS: JSON.stringify(six) })
  const pepper = createPepper(undefined, subject.dataFolder)
  const servers = createMcpServersOn(subject.store, pepper, { config, probe: slow, listMs: 20 })
  const states = (await servers.list({ scopes: [] })).map(({ state }) => state.status)
  expect(states).toEqual(Array.from({ length: 6 }, () => 'unknown'))
  expect(most).toBe(4)
  await servers.close()
})
