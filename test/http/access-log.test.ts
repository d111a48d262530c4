import { expect, test } from 'vitest'
import { shownContent } from '../../src/http/content-log.ts'
import { logLevel } from '../../src/log.ts'
import { chat, createTestApp, type TestAppOptions } from '../support/app.ts'
import { fails, FINISH, says, type Script } from '../support/fake-engine.ts'

async function lineOf(body: Record<string, unknown>, options: TestAppOptions): Promise<Record<string, unknown>> {
  const { request, nextAccess } = createTestApp(options)
  const line = nextAccess()
  await (await request('/v1/chat/completions', chat(body))).text()
  return line
}

const held: Script = async function* () {
  yield { type: 'start', model: 'claude-sonnet-5-5', lease: 'continued' }
  yield { type: 'text', text: 'Hello' }
  yield FINISH
}

test.each([false, true])('a turn is told with model, process, times, tokens and cost (stream: %s)', async (stream) => {
  const line = await lineOf({ stream }, { script: held })
  expect(line).toMatchObject({
    requestId: expect.stringMatching(/^req_/),
    outcome: 'ok',
    model: 'claude-sonnet-5-5',
    lease: 'continued',
    firstTokenMs: expect.any(Number),
    inputTokens: 30,
    cacheReadTokens: 10,
    cacheWriteTokens: 5,
    outputTokens: 7,
    costUsd: 0.0123,
  })
})

test('several answers to a request are summed up, as they are paid', async () => {
  expect(await lineOf({ n: 2 }, { script: held })).toMatchObject({ answers: 2, inputTokens: 60, outputTokens: 14 })
})

test('an answer that breaks off is told as far as it got', async () => {
  const line = await lineOf({ stream: true }, { script: fails(new Error('broken'), 'Hel') })
  expect(line).toMatchObject({ outcome: 'internal_error', model: 'claude-sonnet-5-5' })
  expect(line).not.toHaveProperty('outputTokens')
})

const CONTENT = { messages: [{ role: 'user', content: 'my words, and sk-ant-api03-hunter2secret' }] }

test('at no level is there content in the log', async () => {
  const { request, log } = createTestApp({ script: says('its words') })
  await (await request('/v1/chat/completions', chat(CONTENT))).text()
  await (await request('/v1/chat/completions', chat({ ...CONTENT, stream: true }))).text()
  expect(JSON.stringify(log)).not.toMatch(/my words|its words/)
})

test('with DEBUG_MODE what is asked and answered is in the log, without secrets', async () => {
  const settings = { DEBUG_MODE: 'true' }
  const { request, log } = createTestApp({ script: says('its words, and ghp_hunter2secret1'), settings })
  for (const stream of [false, true]) {
    await (await request('/v1/chat/completions', chat({ ...CONTENT, stream }))).text()
  }
  const about = (msg: string): string => JSON.stringify(log.filter((line) => line['msg'] === msg))
  expect(about('request body')).toContain('my words')
  expect(about('answer')).toContain('its words')
  expect(about('answer event')).toContain('its words')
  expect(JSON.stringify(log)).not.toContain('hunter2secret')
  expect(log.every((line) => typeof line['requestId'] === 'string')).toBe(true)
})

test('a long text is cut at a word, and many values are left out', () => {
  const words = 'word '.repeat(1000)
  expect(shownContent({ words })).toEqual({ words: `${words.slice(0, 1999)}… (5000 characters)` })
  expect(shownContent('x'.repeat(3000))).toBe('… (3000 characters)')
  expect(JSON.stringify(shownContent(Array.from({ length: 20_000 }, () => ['one']))).length).toBeLessThan(100_000)
  expect(shownContent([1, null, true, { a: 'b' }])).toEqual([1, null, true, { a: 'b' }])
})

test.each([
  [{}, 'info'],
  [{ VERBOSE: true }, 'debug'],
  [{ VERBOSE: true, LOG_LEVEL: 'trace' as const }, 'trace'],
  [{ DEBUG_MODE: true, LOG_LEVEL: 'silent' as const }, 'trace'],
  [{ LOG_LEVEL: 'warn' as const }, 'warn'],
])('%o logs from level %s on', (settings, level) => {
  expect(logLevel({ LOG_LEVEL: 'info', VERBOSE: false, DEBUG_MODE: false, ...settings })).toBe(level)
})
