/** Row 52: what is kept under an `Idempotency-Key` outlives the server that answered. */
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import OpenAI from 'openai'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { metric } from '../support/load-run.ts'
import { type RunningDragoman, startDragoman } from '../support/dragoman-process.ts'

let folder = ''

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'dragoman-idempotency-'))
})
afterAll(() => rmSync(folder, { recursive: true, force: true }))

const start = (): Promise<RunningDragoman> =>
  startDragoman(['--demo', '--port', '0'], { env: { DATA_DIR: folder, MAX_WORKERS: '2' }, binary: 'scripted' })

const ask = ({ url }: RunningDragoman, content: string, maxRetries = 0) => {
  const client = new OpenAI({ baseURL: `${url}/v1`, apiKey: 'any', maxRetries })
  return client.chat.completions
    .create({ model: 'sonnet', messages: [{ role: 'user', content }] }, { headers: { 'Idempotency-Key': content } })
    .withResponse()
}

test('row 52: after kill -9 a whole answer is given again, and one that was cut is made anew', async () => {
  const first = await start()
  const { data: told } = await ask(first, 'Hello')
  const cut = ask(first, 'Count to 5000').catch((error: unknown) => error)
  await expect.poll(async () => (await metric(first, 'dragoman_workers'))['state="busy"'], { timeout: 20_000 }).toBe(1)
  first.signal('SIGKILL')
  await first.finished
  expect(await cut).toBeInstanceOf(Error)

  const second = await start()
  try {
    const again = await ask(second, 'Hello')
    expect(again.data).toEqual(told)
    expect(again.response.headers.get('idempotent-replayed')).toBe('true')
    const anew = await ask(second, 'Count to 5000')
    expect(anew.response.headers.get('idempotent-replayed')).toBeNull()
    expect(anew.data.choices[0]?.message.content).toContain('5000')
  } finally {
    await second.stop()
  }
})

test('row 52: the official client that is told to wait has the answer of the first', async () => {
  const server = await start()
  try {
    const both = await Promise.all([ask(server, 'Count to 100', 40), ask(server, 'Count to 100', 40)])
    expect(both[0].data).toEqual(both[1].data)
    const replayed = both.filter(({ response }) => response.headers.get('idempotent-replayed') === 'true')
    expect(replayed).toHaveLength(1)
  } finally {
    await server.stop()
  }
})
