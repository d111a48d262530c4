/** Keys of a database, as callers meet them. */
import { EventEmitter, once } from 'node:events'
import { describe, expect, test, vi } from 'vitest'
import { createKeyBook } from '../../src/keys/key-book.ts'
import { newKey } from '../../src/keys/key-text.ts'
import { createPepper } from '../../src/keys/pepper.ts'
import { insertKey, revokeKey } from '../../src/store/keys-table.ts'
import { chat, errorOf, eventsOf } from '../support/app.ts'
import { saysThenHangs } from '../support/fake-engine.ts'
import { bearer, createKeyedApp, terms } from '../support/keys.ts'
import { aKey } from '../support/store.ts'

const MODELS = '/v1/models'
const CHAT = '/v1/chat/completions'

const withKey = (key: string, body: Record<string, unknown> = {}): RequestInit => {
  const request = chat(body)
  return { ...request, headers: { 'content-type': 'application/json', ...bearer(key) } }
}

describe('a stored key', () => {
  test('opens the server, and is named by its id and never told in the log', async () => {
    await using app = createKeyedApp()
    const { key, stored } = await app.book.create(terms())
    const line = app.nextAccess()
    expect((await app.request(MODELS, { headers: bearer(key) })).status).toBe(200)
    expect(await line).toMatchObject({ principal: `key:${stored.id}` })
    expect(JSON.stringify([app.log, app.storeLog])).not.toContain(key)
  })

  test('is not in the database, where there is only what it is told by and checked with', async () => {
    await using app = createKeyedApp()
    const { key } = await app.book.create(terms())
    const [stored] = await app.book.list()
    expect(key).toMatch(/^sk-dragoman-[0-9A-Za-z]{54}$/)
    expect(stored?.prefix).toBe(key.slice(0, 18))
    expect(JSON.stringify(stored)).not.toContain(key.slice(18))
  })

  test.each<[string, (key: string) => Record<string, string>, number]>([
    ['as a bearer', (key) => ({ authorization: `Bearer ${key}` }), 200],
    ['as a bearer in lower case', (key) => ({ authorization: `bearer ${key}` }), 200],
    ['as x-api-key', (key) => ({ 'x-api-key': key }), 200],
    ['in both headers', (key) => ({ authorization: `Bearer ${key}`, 'x-api-key': key }), 200],
    ['with another one in the other header', (key) => ({ authorization: `Bearer ${key}`, 'x-api-key': 'else' }), 401],
    ['doubled', (key) => ({ authorization: `Bearer ${key}, Bearer ${key}` }), 401],
    ['itself in lower case', (key) => ({ authorization: `Bearer ${key.toLowerCase()}` }), 401],
    ['without its scheme', (key) => ({ authorization: key }), 401],
    ['as basic', (key) => ({ authorization: `Basic ${btoa(`x:${key}`)}` }), 401],
    ['cut short', (key) => ({ authorization: `Bearer ${key.slice(0, -1)}` }), 401],
    ['with something after it', (key) => ({ 'x-api-key': `${key}x` }), 401],
    ['in a cookie', (key) => ({ cookie: `api_key=${key}` }), 401],
    ['not at all', () => ({}), 401],
  ])('sent %s', async (_how, headers, status) => {
    await using app = createKeyedApp()
    const { key } = await app.book.create(terms())
    expect((await app.request(MODELS, { headers: headers(key) })).status).toBe(status)
  })

  test('is never taken from the URL', async () => {
    await using app = createKeyedApp()
    const { key } = await app.book.create(terms())
    expect((await app.request(`${MODELS}?api_key=${key}&key=${key}`)).status).toBe(401)
  })

  test('made by a server with another pepper is none', async () => {
    await using app = createKeyedApp()
    await app.book.create(terms())
    const headers = bearer(newKey(Buffer.alloc(32, 1)))
    expect((await app.request(MODELS, { headers })).status).toBe(401)
  })

  test('works beside API_KEY', async () => {
    await using app = createKeyedApp({ settings: { API_KEY: 'correct-horse' } })
    const { key } = await app.book.create(terms())
    expect((await app.request(MODELS, { headers: bearer(key) })).status).toBe(200)
    expect((await app.request(MODELS, { headers: bearer('correct-horse') })).status).toBe(200)
    expect((await app.request(MODELS, { headers: bearer('wrong-horse') })).status).toBe(401)
  })

  test('is none from its end on', async () => {
    await using app = createKeyedApp()
    const { key } = await app.book.create(terms({ expiresAt: Date.now() - 1 }))
    const response = await app.request(MODELS, { headers: bearer(key) })
    expect(response.status).toBe(401)
    expect((await errorOf(response)).message).toContain('expired')
  })
})

describe('a server', () => {
  test('without keys asks for none, and for one as soon as there is one', async () => {
    await using app = createKeyedApp()
    expect((await app.request(MODELS)).status).toBe(200)
    await app.book.create(terms())
    expect((await app.request(MODELS)).status).toBe(401)
  })

  test('does not open when all of its keys are revoked', async () => {
    await using app = createKeyedApp({ pollMs: 60_000 })
    await app.again().run((db) => insertKey(db, aKey({ revokedAt: 1 })))
    expect((await app.request(MODELS)).status).toBe(401)
  })

  test('that others can reach asks for a key also when there is none', async () => {
    await using app = createKeyedApp({ alwaysNeedsKey: true })
    expect((await app.request(MODELS)).status).toBe(401)
  })

  test('refuses two thousand wrong keys in a second without asking the database', async () => {
    await using app = createKeyedApp()
    await app.book.create(terms())
    expect((await app.request(MODELS)).status).toBe(401)
    const run = vi.spyOn(app.store, 'run')
    const wrong = Array.from({ length: 2000 }, () => newKey(Buffer.alloc(32, 7)))
    const since = performance.now()
    for (const key of wrong) await app.authentication.identify(key)
    expect(performance.now() - since).toBeLessThan(1000)
    // Only the poll.
    expect(run.mock.calls.length).toBeLessThan(100)
  })
})

test('a request that comes while the database is asked about others is not taken for one with a revoked key', async () => {
  await using app = createKeyedApp({ pollMs: 20 })
  const { key: seen } = await app.book.create(terms())
  const { key: late } = await app.book.create(terms())
  await app.authentication.identify(seen)
  const run = app.store.run.bind(app.store)
  const asked = new EventEmitter()
  vi.spyOn(app.store, 'run').mockImplementation(async (work) => {
    const result = await run(work)
    // What is asked about many at a time is told late.
    if (Array.isArray(result)) {
      asked.emit('asked')
      if (asked.listenerCount('go on') === 0) await once(asked, 'go on')
    }
    return result
  })
  await once(asked, 'asked')
  const cut = vi.fn<() => void>()
  app.authentication.watch(await app.authentication.identify(late), cut)
  const askedAgain = once(asked, 'asked')
  asked.emit('go on')
  await askedAgain
  expect(cut).not.toHaveBeenCalled()
  asked.on('go on', () => undefined).emit('go on')
})

describe('what a key may', () => {
  test('chat needs its scope, and the refusal names it', async () => {
    await using app = createKeyedApp()
    const { key } = await app.book.create(terms({ scopes: ['tools'] }))
    const response = await app.request(CHAT, withKey(key))
    expect(response.status).toBe(403)
    expect(await errorOf(response)).toMatchObject({ type: 'permission_error', code: 'missing_scope' })
    expect((await app.request(MODELS, { headers: bearer(key) })).status).toBe(200)
  })

  test('the numbers of all callers need the scope admin', async () => {
    await using app = createKeyedApp()
    const chatter = await app.book.create(terms())
    const admin = await app.book.create(terms({ scopes: ['admin'] }))
    expect((await app.request('/metrics', { headers: bearer(chatter.key) })).status).toBe(403)
    expect((await app.request('/metrics', { headers: bearer(admin.key) })).status).toBe(200)
  })

  test.each(['opus', 'openai/opus', 'other', 'claude-sonnet-5-5[1m]'])(
    '%s is refused to a key for sonnet',
    async (model) => {
      await using app = createKeyedApp({ settings: { MODEL_ALIASES: '{"other":"opus","mine":"sonnet"}' } })
      const { key } = await app.book.create(terms({ models: ['sonnet'] }))
      const response = await app.request(CHAT, withKey(key, { model }))
      expect(response.status).toBe(403)
      expect((await errorOf(response)).message).toContain(`'${model}'`)
    },
  )

  test.each(['sonnet', 'anthropic/sonnet', 'mine', 'default', 'claude-sonnet-5-5-20260101'])(
    '%s is allowed to a key for sonnet',
    async (model) => {
      await using app = createKeyedApp({ settings: { MODEL_ALIASES: '{"mine":"sonnet"}' } })
      const { key } = await app.book.create(terms({ models: ['sonnet'] }))
      expect((await app.request(CHAT, withKey(key, { model }))).status).toBe(200)
    },
  )
})

describe('a revoked key', () => {
  test('ends the streams that run with it, and no others', async () => {
    await using app = createKeyedApp({ script: saysThenHangs('Hello') })
    const { key, stored } = await app.book.create(terms())
    const other = await app.book.create(terms())
    const cut = await app.request(CHAT, withKey(key, { stream: true }))
    const kept = await app.request(CHAT, withKey(other.key, { stream: true }))
    // As another process would.
    await app.again().run((db) => revokeKey(db, stored.id, Date.now()))
    const text = await cut.text()
    expect(JSON.parse(eventsOf(text).at(-1) ?? '')).toMatchObject({ error: { code: 'invalid_api_key' } })
    expect(text).not.toContain('[DONE]')
    expect((await app.request(MODELS, { headers: bearer(key) })).status).toBe(401)
    expect((await app.request(MODELS, { headers: bearer(other.key) })).status).toBe(200)
    await kept.body?.cancel()
  })

  test('gives its place to another one by rotation, on the same terms', async () => {
    await using app = createKeyedApp()
    const old = await app.book.create(terms({ models: ['sonnet'], budgetDayUsd: 1 }))
    const made = await app.book.rotate('team', 0)
    expect(made.stored).toMatchObject({ name: 'team', models: ['sonnet'], budgetDayUsd: 1, rotatedFrom: old.stored.id })
    expect((await app.request(MODELS, { headers: bearer(old.key) })).status).toBe(401)
    expect((await app.request(MODELS, { headers: bearer(made.key) })).status).toBe(200)
  })

  test.each([
    ['at once', 0],
    ['with a time of grace', 60_000],
  ])('has no successor when it is revoked while it is rotated %s', async (_, graceMs) => {
    await using app = createKeyedApp()
    const { stored } = await app.book.create(terms())
    const pepper = createPepper(undefined, app.dataFolder)
    const book = createKeyBook(app.store, {
      ...pepper,
      readOrMake: async () => {
        await app.book.revoke(stored.id)
        return pepper.readOrMake()
      },
    })
    await expect(book.rotate(stored.id, graceMs)).rejects.toThrow('revoked in the meantime')
    expect(await app.book.list()).toMatchObject([{ id: stored.id }])
  })

  test('still works for the time of grace that its rotation gave it', async () => {
    await using app = createKeyedApp()
    const old = await app.book.create(terms())
    await app.book.rotate(old.stored.id, 60_000)
    expect((await app.request(MODELS, { headers: bearer(old.key) })).status).toBe(200)
  })
})
