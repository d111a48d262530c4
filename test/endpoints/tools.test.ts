/** Claude Code's own tools, their policy and the counts of their uses, through one app on a real database. */
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { parseConfig, ConfigError } from '../../src/config.ts'
import { toolConfigSchema, toolListSchema, toolStatsSchema } from '../../src/wire/tools.ts'
import { chat, createTestApp, errorOf } from '../support/app.ts'
import { FINISH, START } from '../support/fake-engine.ts'
import type { TurnEvent } from '../../src/turn/turn-event.ts'
import { bearer, createKeyedApp, type KeyedApp, terms } from '../support/keys.ts'

const CONFIG = '/v1/tools/config'
const folder = mkdtempSync(join(tmpdir(), 'dragoman-tools-'))
let subject: KeyedApp
let admin: string
let alice: string
let plain: string

async function* usesRead(): AsyncGenerator<TurnEvent> {
  yield START
  yield { type: 'own_tool_start', id: 'one', name: 'Read', input: {} }
  yield { type: 'own_tool_end', id: 'one', name: 'Read', output: '', outcome: 'failed', durationMs: 7 }
  yield FINISH
}

beforeAll(async () => {
  subject = createKeyedApp({ settings: { DATA_DIR: folder }, script: usesRead })
  const make = async (more: Parameters<typeof terms>[0]) => (await subject.book.create(terms(more))).key
  admin = await make({ name: 'root', scopes: ['tools', 'admin'] })
  alice = await make({ name: 'alice', scopes: ['chat', 'tools'], tools: ['read_file', 'Bash'] })
  plain = await make({ name: 'plain' })
})
afterAll(async () => {
  await subject[Symbol.asyncDispose]()
  rmSync(folder, { recursive: true, force: true })
})
beforeEach(() => set(admin, { reset: true }))

const get = (key: string, path: string): Promise<Response> => subject.request(path, { headers: bearer(key) })
const post = (body: Record<string, unknown>): RequestInit => ({
  method: 'POST',
  headers: { 'content-type': 'application/json' },
  body: JSON.stringify(body),
})
const set = (key: string, body: Record<string, unknown>): Promise<Response> => {
  const init = post(body)
  return subject.request(CONFIG, { ...init, headers: { ...Object(init.headers), ...bearer(key) } })
}
const config = async (key = admin) => toolConfigSchema.parse(await (await get(key, CONFIG)).json())
const allowed = async (key: string) => {
  const { data } = toolListSchema.parse(await (await get(key, '/v1/tools')).json())
  return data.flatMap((tool) => (tool.allowed ? [tool.name] : []))
}

describe('GET /v1/tools', () => {
  test('lists every tool with its plain names, whether the caller may use it, and why not', async () => {
    const { data } = toolListSchema.parse(await (await get(alice, '/v1/tools')).json())
    expect(data.map(({ name }) => name)).toEqual([
      'Read',
      'Glob',
      'Grep',
      'Write',
      'Edit',
      'Bash',
      'WebSearch',
      'WebFetch',
    ])
    expect(data.flatMap((tool) => tool.plain_names)).toHaveLength(9)
    const reasons = Object.fromEntries(data.map(({ name, reason }) => [name, reason]))
    expect(reasons).toMatchObject({
      Read: null,
      Glob: 'This API key does not have it.',
      Bash: "The server's policy does not have it.",
    })
  })

  test('needs the scope', async () => {
    const response = await get(plain, '/v1/tools')
    expect([response.status, (await errorOf(response)).code]).toEqual([403, 'missing_scope'])
  })
})

describe('the policy', () => {
  test('is what the settings say, by default to read', async () => {
    expect(await config()).toEqual({
      object: 'tools.config',
      allowed_tools: ['Read', 'Glob', 'Grep'],
      max_turns: 50,
      permission_modes: ['default', 'acceptEdits', 'dontAsk', 'plan'],
      bypass_permissions: false,
      changed_at: null,
    })
  })

  test('is widened and narrowed by an admin key, for the next request', async () => {
    const response = await set(admin, { allowed_tools: ['run_command', 'Read', 'read_file'], max_turns: 5 })
    expect(toolConfigSchema.parse(await response.json())).toMatchObject({
      allowed_tools: ['Read', 'Bash'],
      max_turns: 5,
      changed_at: expect.any(Number),
    })
    expect(await allowed(alice)).toEqual(['Read', 'Bash'])
    await set(admin, { allowed_tools: [] })
    expect(await allowed(alice)).toEqual([])
    expect(await config()).toMatchObject({ allowed_tools: [], max_turns: 5 })
    await set(admin, { reset: true })
    expect(await config()).toMatchObject({ allowed_tools: ['Read', 'Glob', 'Grep'], max_turns: 50, changed_at: null })
  })

  test('with nothing in it, a change changes nothing', async () => {
    await set(admin, { max_turns: 5 })
    const before = await config()
    await set(admin, { max_turns: null, allowed_tools: null })
    expect(await config()).toEqual(before)
  })

  test.each<[Record<string, unknown>, string, string]>([
    [{ allowed_tools: ['Read', 'Teleport'] }, 'invalid_value', 'allowed_tools[1]'],
    [{ allowed_tools: ['Bash(git *)'] }, 'invalid_value', 'allowed_tools[0]'],
    [{ allowed_tools: 'Read' }, 'invalid_type', 'allowed_tools'],
    [{ max_turns: 0 }, 'integer_below_min_value', 'max_turns'],
    [{ max_turns: 1001 }, 'integer_above_max_value', 'max_turns'],
    [{ permission_modes: ['bypassPermissions'] }, 'invalid_value', 'permission_modes[0]'],
    [{ permission_modes: [] }, 'empty_array', 'permission_modes'],
    [{ bypass_permissions: true }, 'unknown_parameter', 'bypass_permissions'],
    [{ allowed: ['Read'] }, 'unknown_parameter', 'allowed'],
  ])('%j is refused, and nothing changes', async (body, code, param) => {
    const response = await set(admin, { max_turns: 7, ...body })
    expect(response.status).toBe(400)
    expect(await errorOf(response)).toMatchObject({ code, param })
    expect((await config()).max_turns).toBe(50)
  })

  test('is not for other keys to read or set', async () => {
    for (const response of [await get(alice, CONFIG), await set(alice, { allowed_tools: ['Bash'] })]) {
      expect([response.status, (await errorOf(response)).code]).toEqual([403, 'missing_scope'])
    }
    expect((await config()).allowed_tools).not.toContain('Bash')
  })
})

test('a request gets what the policy has at that moment, and what its tools do is counted', async () => {
  const { key } = await subject.book.create(terms({ name: 'carol', scopes: ['chat', 'tools'] }))
  const ask = async (): Promise<Response> => {
    const init = chat({ enable_tools: true })
    return subject.request('/v1/chat/completions', { ...init, headers: { ...Object(init.headers), ...bearer(key) } })
  }
  await set(admin, { allowed_tools: ['Read', 'Write'], max_turns: 4 })
  expect((await ask()).status).toBe(200)
  expect(subject.engine.turns.at(-1)?.ownTools).toMatchObject({ allowed: ['Read', 'Write'], maxTurns: 4 })
  await set(admin, { allowed_tools: [] })
  expect((await errorOf(await ask())).code).toBe('tool_not_allowed')
  const stats = toolStatsSchema.parse(await (await get(key, '/v1/tools/stats')).json())
  expect(stats.data).toMatchObject([{ name: 'Read', calls: 1, failed: 1, total_ms: 7 }])
})

test('a custom tool is the caller’s own, whatever it is called', async () => {
  const { key } = await subject.book.create(terms({ name: 'dora', scopes: ['chat', 'tools'] }))
  const init = chat({ enable_tools: true, tools: [{ type: 'custom', custom: { name: 'run_command' } }] })
  const headers = { ...Object(init.headers), ...bearer(key) }
  expect((await subject.request('/v1/chat/completions', { ...init, headers })).status).toBe(200)
  expect(JSON.stringify(subject.engine.turns.at(-1)?.toolUse)).toContain('run_command')
})

test('a server without keys takes no policy that goes beyond its settings', async () => {
  await using keyless = createKeyedApp({ settings: { TOOLS_ALLOWED: 'Read,Write' } })
  const change = (body: Record<string, unknown>): Promise<Response> => keyless.request(CONFIG, post(body))
  for (const body of [{ allowed_tools: ['Read', 'Bash'] }, { max_turns: 51 }]) {
    const response = await change(body)
    expect([response.status, (await errorOf(response)).code]).toEqual([403, 'tool_not_allowed'])
  }
  expect((await change({ allowed_tools: ['Write'], max_turns: 3 })).status).toBe(200)
  const now = toolConfigSchema.parse(await (await keyless.request(CONFIG)).json())
  expect(now).toMatchObject({ allowed_tools: ['Write'], max_turns: 3 })
})

test('nor goes by one that an admin key has set, when the server had keys', async () => {
  await using keyless = createKeyedApp({ settings: { TOOLS_ALLOWED: 'Read,Write' } })
  await keyless.tools.policy.change({ allowed: ['Bash', 'Write'], maxTurns: 99 })
  const now = toolConfigSchema.parse(await (await keyless.request(CONFIG)).json())
  expect(now).toMatchObject({ allowed_tools: ['Write'], max_turns: 50 })
})

test('a key sees how often it used tools, one with the scope admin what all did', async () => {
  const aliceId = `key:${(await subject.book.list()).find(({ name }) => name === 'alice')?.account}`
  const { counts } = subject.tools
  counts.note(aliceId, { name: 'Read', outcome: 'done', durationMs: 30 })
  counts.note(aliceId, { name: 'Read', outcome: 'failed', durationMs: 10 })
  counts.note(aliceId, { name: 'Bash', outcome: 'denied', durationMs: 0 })
  counts.note('key:other', { name: 'Read', outcome: 'done', durationMs: 60 })
  const stats = async (key: string, query = '') =>
    toolStatsSchema.parse(await (await get(key, `/v1/tools/stats${query}`)).json())
  expect((await stats(alice)).data).toEqual([
    { name: 'Bash', plain_names: ['run_command'], calls: 1, failed: 0, denied: 1, total_ms: 0, mean_ms: null },
    { name: 'Read', plain_names: ['read_file'], calls: 2, failed: 1, denied: 0, total_ms: 40, mean_ms: 20 },
  ])
  const all = (await stats(admin)).data.find(({ name }) => name === 'Read')
  expect(all?.total_ms).toBeGreaterThanOrEqual(100)
  expect(await stats(admin, '?start=2100-01-01&end=2100-01-02')).toMatchObject({ start: '2100-01-01', data: [] })
  const wrong = await get(alice, '/v1/tools/stats?start=yesterday')
  expect(await errorOf(wrong)).toMatchObject({ code: 'invalid_value', param: 'start' })
})

describe('settings', () => {
  test('name tools in either form, or none', () => {
    expect(parseConfig({ TOOLS_ALLOWED: 'Read, run_command' }).TOOLS_ALLOWED).toEqual(['Read', 'Bash'])
    expect(parseConfig({ TOOLS_ALLOWED: 'none' }).TOOLS_ALLOWED).toEqual([])
  })

  test('that name another tool stop the start', () => {
    for (const TOOLS_ALLOWED of ['Read,Bsh', 'Bash(git *)', 'Read,']) {
      expect(() => parseConfig({ TOOLS_ALLOWED })).toThrow(ConfigError)
    }
  })
})

test('a header for tools in a request without them is told what it needs', async () => {
  const init = chat()
  const headers = { ...Object(init.headers), 'x-claude-max-turns': '3' }
  const response = await createTestApp().request('/v1/chat/completions', { ...init, headers })
  expect(await errorOf(response)).toMatchObject({
    code: 'unsupported_parameter',
    message: expect.stringContaining('enable_tools'),
  })
})
