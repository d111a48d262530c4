/** A name that was told is known whatever becomes of the server that it was told to. */
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { chatCompletionSchema } from '../../src/wire/chat-response.ts'
import { sessionContentSchema } from '../../src/wire/session.ts'
import { type RunningDragoman, startDragoman } from '../support/dragoman-process.ts'
import { startTestPostgres, type TestPostgres } from '../support/postgres.ts'

let folder = ''
let postgres: TestPostgres

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'dragoman-sessions-'))
  postgres = await startTestPostgres()
})
afterAll(async () => {
  await postgres[Symbol.asyncDispose]()
  rmSync(folder, { recursive: true, force: true })
})

const post = ({ url }: RunningDragoman, content: string, body: Record<string, unknown> = {}): Promise<Response> =>
  fetch(`${url}/v1/chat/completions`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ model: 'sonnet', session_id: 'ann', messages: [{ role: 'user', content }], ...body }),
  })
const say = async (server: RunningDragoman, content: string) => {
  const { session, choices } = chatCompletionSchema.parse(await (await post(server, content)).json())
  return { turn: session?.turn, text: choices[0]?.message.content ?? '' }
}

test('a session outlives a stop, a kill in mid-answer, and goes on at another instance', async () => {
  const DATABASE_URL = await postgres.createDatabase()
  const start = (data: string) =>
    startDragoman(['--demo', '--port', '0'], {
      env: { DATA_DIR: join(folder, data), DATABASE_URL, KEY_PEPPER: 'the same everywhere', MAX_WORKERS: '2' },
      binary: 'scripted',
    })
  const first = await start('one')
  expect((await say(first, 'My name is Ann.')).turn).toBe(1)
  await first.stop()

  const second = await start('one')
  expect(await say(second, 'What is my name?')).toMatchObject({ turn: 2, text: expect.stringContaining('Ann') })
  const long = (await post(second, 'Count to 5000', { stream: true })).body?.getReader()
  await long?.read()
  second.signal('SIGKILL')
  await second.finished
  await long?.cancel().catch(() => undefined)

  const [third, fourth] = await Promise.all([start('one'), start('two')])
  try {
    // The turn that was killed is none, and holds nothing up.
    expect(await say(third, 'What is my name?')).toMatchObject({ turn: 3, text: expect.stringContaining('Ann') })
    expect(await say(fourth, 'What is my name?')).toMatchObject({ turn: 4, text: expect.stringContaining('Ann') })
    const kept = sessionContentSchema.parse(await (await fetch(`${third.url}/v1/sessions/ann`)).json())
    expect(kept.messages.map(({ role }) => role)).toEqual(Array.from({ length: 4 }, () => ['user', 'assistant']).flat())
  } finally {
    await Promise.all([third.stop(), fourth.stop()])
  }
})
