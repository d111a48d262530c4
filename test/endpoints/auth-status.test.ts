import { expect, test } from 'vitest'
import { authStatusSchema } from '../../src/wire/auth-status.ts'
import { createTestApp } from '../support/app.ts'

async function statusOf(app: ReturnType<typeof createTestApp>, headers: Record<string, string> = {}) {
  return authStatusSchema.parse(await (await app.request('/v1/auth/status', { headers })).json())
}

test('the status says how Claude Code is logged in and that no key is needed', async () => {
  expect(await statusOf(createTestApp())).toEqual({
    object: 'auth.status',
    method: 'api_key',
    source: 'api_key',
    provider: 'anthropic',
    subscription: null,
    missing: [],
    state: 'ready',
    reason: null,
    key_held_by: 'dragoman',
    api_key_required: false,
  })
})

test('the status says that callers need a key, where they do', async () => {
  const app = createTestApp({ settings: { API_KEY: 'correct-horse' } })
  expect(await statusOf(app, { 'x-api-key': 'correct-horse' })).toMatchObject({ api_key_required: true })
})

test('without a login the status says what to do', async () => {
  const app = createTestApp()
  app.engine.setStatus({
    state: 'degraded',
    reason: 'why',
    auth: { method: 'none', missing: ['log in'] },
    login: 'none',
  })
  expect(await statusOf(app)).toMatchObject({
    method: 'none',
    source: null,
    missing: ['log in'],
    state: 'degraded',
    reason: 'why',
    key_held_by: null,
  })
})

test('after a refused login a load balancer may let one request try', async () => {
  const { engine, request } = createTestApp()
  engine.setStatus({ state: 'degraded', reason: 'refused', trial: true })
  const response = await request('/ready')
  expect(response.status).toBe(200)
  expect(await response.json()).toEqual({ status: 'trial' })
})
