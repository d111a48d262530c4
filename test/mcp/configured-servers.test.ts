/** MCP servers as the settings give them. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { parseConfig } from '../../src/config.ts'
import { readConfiguredServers } from '../../src/mcp/configured-servers.ts'
import type { McpServer } from '../../src/turn/own-tools.ts'

const ENVIRONMENT = { TOKEN: 'secret-of-mine', TRICK: 'a ${TOKEN} in it', EMPTY: '' }

let folder = ''
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'dragoman-mcp-'))
})
afterAll(() => rmSync(folder, { recursive: true, force: true }))

const read = (servers: object, more: Record<string, string> = {}): readonly McpServer[] => [
  ...readConfiguredServers(parseConfig({ ...ENVIRONMENT, MCP_SERVERS: JSON.stringify(servers), ...more })).values(),
]

const inFile = (name: string, content: string): string => {
  const path = join(folder, name)
  writeFileSync(path, content)
  return path
}

test.each<[string, object, McpServer['transport']]>([
  ['a program', { command: 'files-mcp' }, { type: 'stdio', command: 'files-mcp', args: [], env: {} }],
  [
    'a program with all that belongs to it',
    {
      type: 'stdio',
      command: '/bin/x',
      args: ['--key', '${TOKEN}'],
      env: { A: 'x${TOKEN}y', B: '${TRICK}' },
      disabled: false,
    },
    {
      type: 'stdio',
      command: '/bin/x',
      args: ['--key', 'secret-of-mine'],
      env: { A: 'xsecret-of-miney', B: 'a ${TOKEN} in it' },
    },
  ],
  [
    'an address',
    { url: 'https://${HOST:-mcp.example}/${EMPTY}', headers: { authorization: 'Bearer ${TOKEN}' } },
    { type: 'http', url: 'https://mcp.example/', headers: { authorization: 'Bearer secret-of-mine' } },
  ],
  [
    'an address by the longer name of its protocol',
    { type: 'streamable-http', url: 'http://127.0.0.1:1/mcp' },
    { type: 'http', url: 'http://127.0.0.1:1/mcp', headers: {} },
  ],
])('%s is taken', (_, form, transport) => {
  expect(read({ one: form })).toEqual([{ name: 'one', transport }])
})

test('a server can be held to some of its tools', () => {
  const [server] = read({ one: { command: 'x', tools: ['a', 'b'] } })
  expect(['a', 'b', 'c'].map((tool) => server?.isWanted?.(tool))).toEqual([true, true, false])
})

test.each<[string, object, RegExp]>([
  ['sse', { type: 'sse', url: 'https://mcp.example/sse' }, /"one": type: sse is not offered/],
  ['another protocol', { type: 'ws', url: 'wss://mcp.example' }, /"one": type: has the wrong type or an unknown value/],
  ['nothing to start', {}, /"one": command: expected the program/],
  ['no server at all', ['x'], /"one": the server: has the wrong type/],
  ['a relative path', { command: './x' }, /"one": command: expected an absolute path/],
  ['a path below here', { command: 'bin/x' }, /"one": command: expected an absolute path/],
  ['both of a kind', { command: 'x', url: 'https://mcp.example' }, /"one": command: an http server has none/],
  ['headers of a program', { command: 'x', headers: {} }, /"one": headers: a stdio server has none/],
  ['a password in the URL', { url: 'https://me:secret-of-mine@mcp.example' }, /"one": url: a name or password/],
  ['another kind of URL', { url: 'file:///etc/passwd' }, /"one": url: expected an http or https URL/],
  ['a header that breaks the line', { url: 'https://mcp.example', headers: { a: 'b\r\nc: d' } }, /"one": headers:/],
  ['a variable that is not there', { command: 'x', env: { A: '${NOT_HERE}' } }, /"one": env: the variable NOT_HERE/],
  ['a variable that cannot be one', { command: 'x', env: { A: '${NOT-A-NAME}' } }, /"one": env: holds "\$\{"/],
])('%s is refused', (_, form, message) => {
  expect(() => read({ one: form })).toThrow(message)
  expect(() => read({ one: form })).not.toThrow('secret-of-mine')
})

test.each(['', 'a__b', '_a', 'a_', 'a b', 'ü', 'a'.repeat(65), 'ide', 'computer-use'])(
  'the name %j is refused',
  (name) => {
    expect(() => read({ [name]: { command: 'x' } })).toThrow('name: ')
  },
)

test('every server that is wrong is named', () => {
  expect(() => read({ a: {}, b: { command: 'x' }, c: {} })).toThrow(/cannot be used:\n {2}"a".*\n {2}"c".*$/)
})

describe('a file', () => {
  test('is taken beside the setting, which wins', () => {
    const file = { mcpServers: { a: { command: 'a' }, b: { command: 'b' } } }
    const path = inFile('good.json', JSON.stringify(file))
    const servers = read({ b: { command: 'other' } }, { MCP_CONFIG: path })
    expect(servers.map(({ name, transport }) => [name, 'command' in transport && transport.command])).toEqual([
      ['a', 'a'],
      ['b', 'other'],
    ])
  })

  test('that is not there or not what it should be stops the start', () => {
    expect(() => read({}, { MCP_CONFIG: join(folder, 'none.json') })).toThrow(/none\.json cannot be read \(ENOENT\)/)
    expect(() => read({}, { MCP_CONFIG: inFile('bad.json', '{') })).toThrow(
      /bad\.json: expected JSON with "mcpServers"/,
    )
  })
})
