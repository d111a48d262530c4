/** `dragoman keys` as an operator uses it, beside a server that runs. */
import { mkdirSync, mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test, vi } from 'vitest'
import { readTerms } from '../../src/commands/key-terms.ts'
import { UsageError } from '../../src/commands/usage-error.ts'
import { runDragoman, startDragoman, type RunningDragoman } from '../support/dragoman-process.ts'

const folder = mkdtempSync(join(tmpdir(), 'dragoman-keys-'))
const env = { DATA_DIR: folder }
let server: RunningDragoman

const keys = async (...args: readonly string[]): Promise<{ code: number | null; stdout: string; stderr: string }> =>
  runDragoman(['keys', ...args], { env })
const statusWith = async (key: string): Promise<number> => {
  const response = await fetch(`${server.url}/v1/models`, { headers: { authorization: `Bearer ${key}` } })
  await response.body?.cancel()
  return response.status
}

const limitOfHealth = async (): Promise<string | null> => {
  const response = await fetch(`${server.url}/health`)
  await response.body?.cancel()
  return response.headers.get('x-ratelimit-limit-requests')
}

beforeAll(async () => {
  server = await startDragoman(['--demo', '--port', '0'], { env, binary: 'scripted' })
})
afterAll(async () => {
  await server.stop()
  rmSync(folder, { recursive: true, force: true })
})

test('a key is made, listed, rotated and revoked while the server runs, which holds to limits as soon as there is one', async () => {
  expect(await limitOfHealth()).toBeNull()
  const made = await keys(
    'create',
    '--name',
    'alice',
    '--models',
    'sonnet,haiku',
    '--budget-day',
    '0.50',
    '--expires',
    '90d',
  )
  const [key = ''] = /sk-dragoman-\S+/.exec(made.stdout) ?? []
  expect(made.stdout).toContain(`curl http://127.0.0.1:8000/v1/models -H "authorization: Bearer ${key}"`)
  await vi.waitUntil(async () => (await statusWith('none')) === 401, { timeout: 5000, interval: 50 })
  expect(await statusWith(key)).toBe(200)
  expect(await limitOfHealth()).toBe('30')

  const listed = await keys('list')
  expect(listed.stdout).toMatch(/alice +sk-dragoman-\w{6}… +live +chat +sonnet,haiku +\$0\.5\/day/)
  expect(listed.stdout).not.toContain(key)

  const rotated: { key: string; id: string } = JSON.parse((await keys('rotate', 'alice', '--json')).stdout)
  await vi.waitUntil(async () => (await statusWith(key)) === 401, { timeout: 5000, interval: 50 })
  expect(await statusWith(rotated.key)).toBe(200)

  expect((await keys('revoke', rotated.id)).stdout).toContain('Revoked "alice"')
  await vi.waitUntil(async () => (await statusWith(rotated.key)) === 401, { timeout: 5000, interval: 50 })
  const all: { keys: { revokedAt: string | null; hash?: string }[] } = JSON.parse((await keys('list', '--json')).stdout)
  expect(all.keys.map((each) => each.revokedAt === null)).toEqual([false, false])
  expect(all.keys.every((each) => each.hash === undefined)).toBe(true)
  expect(statSync(join(folder, 'store', 'key-pepper')).mode & 0o777).toBe(0o600)
  expect(server.stdout()).not.toContain(key)
})

test('the line to try a new key names the address of the settings', async () => {
  const { stdout } = await keys('create', '--name', 'dora', '--host', '0.0.0.0', '--port', '9123')
  expect(stdout).toContain('curl http://127.0.0.1:9123/v1/models')
})

test('processes that make the first keys at the same time hash them alike', async () => {
  const fresh = mkdtempSync(join(tmpdir(), 'dragoman-keys-'))
  const made = await Promise.all(
    ['a', 'b'].map((name) => runDragoman(['keys', 'create', '--name', name], { env: { DATA_DIR: fresh } })),
  )
  expect(made.map(({ code, stderr }) => ({ code, stderr }))).toEqual([
    { code: 0, stderr: '' },
    { code: 0, stderr: '' },
  ])
  const third = await runDragoman(['keys', 'create', '--name', 'c'], { env: { DATA_DIR: fresh } })
  expect(third.code).toBe(0)
  rmSync(fresh, { recursive: true, force: true })
})

test('a key that is not there is told of, with exit code 2', async () => {
  const { code, stderr } = await keys('revoke', 'nobody')
  expect(code).toBe(2)
  expect(stderr).toContain('no key is called "nobody"')
})

test.each([
  [{ name: '' }, '--name'],
  [{ name: 'a\nb' }, '--name'],
  [{ name: 'a', scopes: 'chat,root' }, '--scopes'],
  [{ name: 'a', models: ' , ' }, '--models'],
  [{ name: 'a', requestsPerMinute: '0' }, '--requests-per-minute'],
  [{ name: 'a', tokensPerMinute: '1.5' }, '--tokens-per-minute'],
  [{ name: 'a', budgetDay: '-1' }, '--budget-day'],
  [{ name: 'a', budgetMonth: '1e9' }, '--budget-month'],
  [{ name: 'a', tools: 'Read,Bash(git *)' }, '--tools'],
  [{ name: 'a', expires: '90' }, '--expires'],
  [{ name: 'a', expires: '2001-01-01' }, '--expires'],
  [{ name: 'a', expires: '2030-99-99' }, '--expires'],
])('terms that cannot be are refused by the flag: %j', (flags, flag) => {
  const read = (): unknown => readTerms(flags, Date.now())
  expect(read).toThrow(UsageError)
  expect(read).toThrow(flag)
})

test('terms are read as they are written', () => {
  const flags = {
    name: ' bob ',
    scopes: 'chat, admin',
    tools: 'Read,run_command',
    mcpServers: 'a,b',
    budgetMonth: '12.5',
    expires: '2h',
  }
  expect(readTerms(flags, 1000)).toEqual({
    name: 'bob',
    scopes: ['chat', 'admin'],
    models: null,
    tools: ['Read', 'run_command'],
    mcpServers: ['a', 'b'],
    requestsPerMinute: null,
    tokensPerMinute: null,
    budgetDayUsd: null,
    budgetMonthUsd: 12.5,
    expiresAt: 7_201_000,
  })
})

test('a server that others can reach starts with a stored key and no API_KEY, and not without', async () => {
  const fresh = { DATA_DIR: mkdtempSync(join(tmpdir(), 'dragoman-keys-')), HOST: '0.0.0.0' }
  const refused = await runDragoman(['--demo', '--port', '0'], { env: fresh })
  expect(refused.code).toBe(2)
  expect(refused.stderr).toContain('dragoman keys create')
  const made: { key: string } = JSON.parse(
    (await runDragoman(['keys', 'create', '--name', 'a', '--json'], { env: fresh })).stdout,
  )
  const open = await startDragoman(['--demo', '--port', '0'], { env: fresh, binary: 'scripted' })
  const { port } = new URL(open.url)
  const ask = async (key: string): Promise<number> =>
    (await fetch(`http://127.0.0.1:${port}/v1/models`, { headers: { 'x-api-key': key } })).status
  expect(await ask('none')).toBe(401)
  expect(await ask(made.key)).toBe(200)
  await open.stop()
  rmSync(fresh.DATA_DIR, { recursive: true, force: true })
})

test('a server does not start on a database that is broken, and says what to do', async () => {
  const broken = mkdtempSync(join(tmpdir(), 'dragoman-keys-'))
  mkdirSync(join(broken, 'store'))
  writeFileSync(join(broken, 'store', 'dragoman.db'), 'no database '.repeat(100))
  const { code, stderr } = await runDragoman(['--demo', '--port', '0'], { env: { DATA_DIR: broken } })
  expect(code).toBe(1)
  expect(stderr).toMatch(/dragoman\.db cannot be used .* restore it from a copy/)
  rmSync(broken, { recursive: true, force: true })
})
