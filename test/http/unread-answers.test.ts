/** Long answers that nobody reads, over real connections. */
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest'
import { createUnreadAnswers } from '../../src/http/unread-answers.ts'
import type { Listening } from '../../src/http/listen.ts'
import type { SettingName } from '../../src/config.ts'
import { chat, createTestApp, dial, rawRequest, serve, type TestApp } from '../support/app.ts'
import { createSessionsOn } from '../support/sessions.ts'
import { createTestStore, type TestStore } from '../support/store.ts'

/** More than a connection takes before somebody reads. */
const LONG = 18_000_000
const READ = rawRequest('GET /v1/sessions/long')

let made: TestStore
let server: Listening | undefined

beforeEach(() => {
  made = createTestStore()
})
afterEach(async () => {
  server?.cut()
  await server?.close()
  await made[Symbol.asyncDispose]()
})

async function start(settings: Partial<Record<SettingName, string>>): Promise<TestApp & { readonly port: number }> {
  const app = createTestApp({ settings, sessions: createSessionsOn(made.store) })
  const question = chat({ session_id: 'long', messages: [{ role: 'user', content: 'x'.repeat(LONG) }] })
  expect((await app.request('/v1/chat/completions', question)).status).toBe(200)
  server = await serve(app)
  return Object.assign(app, { port: server.port })
}

async function openUnread(port: number): Promise<ReturnType<typeof dial>> {
  const reader = dial(port)
  reader.socket.write(READ)
  await new Promise((resolve) => reader.socket.once('data', resolve))
  reader.socket.pause()
  return reader
}

describe('a long answer that nobody reads', () => {
  test('takes room, and leaves it when its reader goes', async () => {
    const { port, request } = await start({ MAX_BODIES_BYTES: String(LONG * 1.5) })
    const first = await openUnread(port)
    const second = dial(port)
    second.socket.write(READ)
    await second.received('"code":"overloaded"')
    // What is short, and what a model makes, is not refused.
    expect((await request('/v1/sessions')).status).toBe(200)
    expect((await request('/v1/chat/completions', chat())).status).toBe(200)
    first.socket.destroy()
    await vi.waitUntil(async () => (await fetch(`http://127.0.0.1:${port}/v1/sessions/long`)).status === 200, {
      timeout: 5000,
      interval: 50,
    })
  })

  test('is not waited for longer than a request may take, however slowly it is taken', async () => {
    const { port } = await start({ MAX_TIMEOUT: '1000' })
    const { socket, closed } = await openUnread(port)
    const reading = setInterval(() => socket.read(1000), 50)
    // Resolves when no connection is left.
    await server?.close()
    clearInterval(reading)
    socket.resume()
    expect((await closed).length).toBeLessThan(LONG)
  })
})

test('an answer of a million characters is short', () => {
  const unread = createUnreadAnswers()
  const call = {
    request: { method: 'GET' },
    connection: { cut: () => undefined, onClose: vi.fn<(hear: () => void) => void>() },
  }
  const config = { MAX_BODIES_BYTES: 1024, MAX_TIMEOUT: 1000 }
  const answerOf = (length: number) => ({ body: 'x'.repeat(length), caller: 'a' })
  for (let n = 0; n < 3; n += 1) unread.hold(answerOf(1_000_000), call, config)
  expect(call.connection.onClose).not.toHaveBeenCalled()
  unread.hold(answerOf(1_000_001), call, config)
  expect(() => unread.hold(answerOf(1_000_001), call, config)).toThrow('Too much is being sent')
})
