/** Row 56: more turns than there is room for. The model says nothing until it may, so that who waits, waits. */
import { expect, it, vi } from 'vitest'
import type { Authentication } from '../../src/keys/authentication.ts'
import { FULL_GRANT } from '../../src/keys/grant.ts'
import { createTestAuthentication } from '../support/authentication.ts'
import { startTestEngine, user } from '../support/engine.ts'
import { errorOf } from '../support/app.ts'
import { says, stalls } from '../support/scripted-model-answers.ts'
import { sentBy } from '../support/sent.ts'
import { createScriptedChild } from '../support/scripted-child.ts'
import { startTestServer } from '../support/server.ts'

function median(values: readonly number[]): number {
  return values.toSorted((left, right) => left - right)[Math.floor(values.length / 2)] ?? Number.NaN
}

it('row 56: what does not fit is refused at once, who leaves is forgotten, and who waits is served', async () => {
  await using test = await startTestServer({
    CLAUDE_CLI_PATH: createScriptedChild().path,
    MAX_WORKERS: '2',
    MAX_QUEUE: '4',
  })
  const leaving = new AbortController()
  test.model.otherwise(stalls(['Hel']))
  const running = [1, 2].map(async () => test.chat({ stream: true }, { signal: leaving.signal }))
  await Promise.all(running)
  const impatient = new AbortController()
  const left = test.chat({}, { signal: impatient.signal }).catch((error: unknown) => error)
  const waiting = [1, 2, 3].map(async () => test.chat({}))
  await vi.waitUntil(() => test.engine.status().queued === 4, { timeout: 10_000, interval: 10 })

  const times: number[] = []
  for (let number = 0; number < 14; number += 1) {
    const began = performance.now()
    const refused = await test.chat({})
    times.push(performance.now() - began)
    expect(refused.status).toBe(503)
    expect(Number(refused.headers.get('retry-after'))).toBeGreaterThan(0)
    expect((await errorOf(refused)).code).toBe('overloaded')
  }
  expect(median(times)).toBeLessThan(50)

  impatient.abort()
  await left
  await vi.waitUntil(() => test.engine.status().queued === 3, { timeout: 10_000, interval: 10 })
  test.model.otherwise(says('Hello'))
  leaving.abort()
  expect((await Promise.all(waiting)).map(({ status }) => status)).toEqual([200, 200, 200])
  expect(test.model.requests).toHaveLength(2 + 3)
})

/** Each key is a caller. */
const BY_KEY: Authentication = {
  ...createTestAuthentication(undefined),
  identify: (key = '') => Promise.resolve({ principal: { id: key }, trusted: true, grant: FULL_GRANT }),
}

it('row 56: one caller who fills the queue keeps nobody out of it', async () => {
  const settings = { CLAUDE_CLI_PATH: createScriptedChild().path, MAX_WORKERS: '1', MAX_QUEUE: '3' }
  await using test = await startTestServer(settings, { authentication: BY_KEY })
  const leaving = new AbortController()
  const ask = async (key: string, init: RequestInit = {}): Promise<number> => {
    const headers = { 'content-type': 'application/json', authorization: `Bearer ${key}` }
    return (await test.chat({}, { headers, ...init })).status
  }
  test.model.script(stalls(['Hel']))
  const running = ask('busy', { signal: leaving.signal }).catch(() => 0)
  await test.model.nextRequest()
  const busy = [1, 2, 3].map(async () => ask('busy'))
  await vi.waitUntil(() => test.engine.status().queued === 3, { timeout: 10_000, interval: 10 })
  expect(await ask('busy')).toBe(503)
  const other = ask('other')
  expect(await Promise.race(busy)).toBe(503)
  leaving.abort()
  await running
  expect(await other).toBe(200)
  expect((await Promise.all(busy)).filter((status) => status === 200)).toHaveLength(2)
})

it('row 56: one caller who asks for much does not keep another waiting behind all of it', async () => {
  await using test = await startTestEngine({ CLAUDE_CLI_PATH: createScriptedChild().path, MAX_WORKERS: '1' })
  const leaving = new AbortController()
  test.model.script(stalls(['Hel']))
  const running = test.ask({}, leaving.signal).catch((error: unknown) => error)
  await test.model.nextRequest()
  const ask = async (id: string, question: string) => test.ask({ principal: { id }, conversation: [user(question)] })
  const answers = [ask('busy', 'busy 1'), ask('busy', 'busy 2'), ask('busy', 'busy 3'), ask('other', 'other 1')]
  leaving.abort()
  await Promise.all([running, ...answers])
  const questions = test.model.requests.slice(1).map((request) => sentBy(request).messages.at(-1)?.texts.join(''))
  expect(questions).toEqual(['busy 1', 'other 1', 'busy 2', 'busy 3'])
})
