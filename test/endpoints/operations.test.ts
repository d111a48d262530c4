import { describe, expect, test } from 'vitest'
import { modelListSchema, modelSchema } from '../../src/wire/models.ts'
import { chat, createTestApp, errorOf } from '../support/app.ts'

const settings = { API_KEY: 'correct-horse' }
const withKey = { headers: { 'x-api-key': 'correct-horse' } }

describe('models', () => {
  test('are listed in the published shape', async () => {
    for (const path of ['/v1/models', '/models']) {
      const list = modelListSchema.parse(await (await createTestApp().request(path)).json())
      expect(list.data.map((model) => model.id)).toContain('claude-sonnet-5-5')
    }
  })

  test('are described one by one, by id and by alias', async () => {
    for (const id of ['claude-sonnet-5-5', 'sonnet']) {
      const model = modelSchema.parse(await (await createTestApp().request(`/v1/models/${id}`)).json())
      expect(model.id).toBe(id)
    }
  })

  test.each(['nope', 'a/b/c', '%zz', '%E0%A4%A', 'x%00y'])('%s is not among them', async (id) => {
    const response = await createTestApp().request(`/v1/models/${id}`)
    expect([400, 404]).toContain(response.status)
  })
})

describe('health', () => {
  test('says with a 200 that turns would fail', async () => {
    const { request, engine } = createTestApp()
    engine.setStatus({ state: 'degraded', reason: 'Log in again.' })
    const response = await request('/health')
    expect(response.status).toBe(200)
    expect(await response.json()).toMatchObject({ status: 'degraded', engine: { reason: 'Log in again.' } })
  })

  test('tells details only to a key, where there is one', async () => {
    const { request } = createTestApp({ settings })
    expect(await (await request('/health')).json()).toEqual({ status: 'ok' })
    expect(await (await request('/health', { headers: { 'x-api-key': 'wrong' } })).json()).toEqual({ status: 'ok' })
    expect(await (await request('/health', withKey)).json()).toMatchObject({ engine: { login: 'api_key' } })
  })
})

describe('readiness', () => {
  test('is a 200 when the engine is ready', async () => {
    expect((await createTestApp().request('/ready')).status).toBe(200)
  })

  test.each(['starting', 'degraded', 'draining'] as const)('is a 503 while the engine is %s', async (state) => {
    const { request, engine } = createTestApp({ settings })
    engine.setStatus({ state, reason: 'the reason' })
    const response = await request('/ready')
    expect(response.status).toBe(503)
    expect((await errorOf(response)).message).toBe(`Not ready: ${state}.`)
    expect((await errorOf(await request('/ready', withKey))).message).toContain('the reason')
  })
})

test('row 63: the numbers are as many after any names of models, users, routes and methods', async () => {
  const { request } = createTestApp()
  const series = async (): Promise<string[]> => {
    const lines = (await (await request('/metrics')).text()).split('\n')
    return lines.filter((line) => line.startsWith('dragoman_')).map((line) => line.replace(/ \S+$/, ''))
  }
  const before = await series()
  for (let n = 0; n < 200; n += 1) {
    await (await request('/v1/chat/completions', chat({ model: `claude-${n}`, user: `user-${n}` }))).text()
    await request(`/v1/route-${n}`, { method: `METHOD${n}`, headers: { 'x-api-key': `key-${n}` } })
  }
  expect(await series()).toEqual(before)
})

test('versions are told only to a key, where there is one', async () => {
  const { request } = createTestApp({ settings })
  expect(await (await request('/version')).json()).toEqual({ name: 'dragoman' })
  expect(await (await request('/version', withKey)).json()).toEqual({
    name: 'dragoman',
    version: '0.0.0',
    claude_code: '2.1.330',
  })
})
