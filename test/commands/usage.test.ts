/** What was taken is there whatever ends the server, and `dragoman usage` tells it. */
import { mkdtempSync, readdirSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test, vi } from 'vitest'
import { usageTable } from '../../src/commands/usage-table.ts'
import { runDragoman, type RunningDragoman, startDragoman } from '../support/dragoman-process.ts'

let folder = ''

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'dragoman-usage-'))
})
afterAll(() => rmSync(folder, { recursive: true, force: true }))

const start = () =>
  startDragoman(['--demo', '--port', '0'], { env: { DATA_DIR: folder, MAX_WORKERS: '2' }, binary: 'scripted' })
const usage = async (...args: string[]) => (await runDragoman(['usage', ...args], { env: { DATA_DIR: folder } })).stdout

function ask({ url }: RunningDragoman, body: Record<string, unknown> = {}): Promise<Response> {
  return fetch(`${url}/v1/chat/completions`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ model: 'sonnet', messages: [{ role: 'user', content: 'Hello' }], ...body }),
  })
}

interface Sum {
  readonly requests: number
  readonly inputTokens: number
  readonly outputTokens: number
}

/** As the server tells it. */
interface Report {
  readonly total: { readonly requests: number; readonly failed: number }
}

async function total(): Promise<Sum> {
  const { total: sum }: { total: Sum } = JSON.parse(await usage('--json'))
  return sum
}

test('a server that is told to stop, or killed in mid-answer, leaves nothing out', async () => {
  const first = await start()
  const answer: { usage: { prompt_tokens: number; completion_tokens: number } } = JSON.parse(
    await (await ask(first)).text(),
  )
  // Within the half second in which rows are gathered.
  await first.stop()
  const { prompt_tokens: prompt, completion_tokens: completion } = answer.usage
  expect(await total()).toMatchObject({ requests: 1, inputTokens: prompt, outputTokens: completion })
  expect(readdirSync(join(folder, 'usage'))).toEqual([])

  const second = await start()
  const long = { messages: [{ role: 'user', content: 'Count to 5000' }], stream: true }
  const stream = (await ask(second, long)).body?.getReader()
  await stream?.read()
  second.signal('SIGKILL')
  await second.finished
  await stream?.cancel().catch(() => undefined)
  expect((await total()).requests).toBe(1)

  const third = await start()
  try {
    const report = async (): Promise<Report> => JSON.parse(await (await fetch(`${third.url}/v1/usage`)).text())
    await vi.waitUntil(async () => (await report()).total.requests === 2, { timeout: 20_000, interval: 100 })
    // Nobody counted: it is reckoned, rather too much than too little.
    const { inputTokens, outputTokens } = await total()
    expect(inputTokens).toBeGreaterThan(prompt + 500)
    expect(outputTokens).toBeGreaterThanOrEqual(completion + 250)
    expect(outputTokens).toBeLessThan(completion + 10_000)
    expect((await report()).total).toMatchObject({ requests: 2, failed: 1 })
    expect(await usage('--by', 'key')).toMatch(/^KEY +REQUESTS[^]+anonymous +2 +1 /m)
  } finally {
    await third.stop()
  }
})

test.each([
  [['--days', '0'], '--days'],
  [['--by', 'hour'], '--by'],
])('%j is used wrongly', async (args, told) => {
  const { code, stderr } = await runDragoman(['usage', ...args], { env: { DATA_DIR: folder } })
  expect(code).toBe(2)
  expect(stderr).toContain(told)
})

test('a bar shows what each line cost, and none where there is no room for it', () => {
  const sum = (requests: number, usd: number) => ({
    day: null,
    principal: null,
    model: null,
    requests,
    failed: 0,
    calls: requests,
    inputTokens: 1000 * requests,
    cacheReadTokens: 0,
    cacheWriteTokens: 0,
    outputTokens: 10 * requests,
    reasoningTokens: 0,
    costNano: usd * 1e9,
  })
  const lines = [
    { names: ['2030-01-01'], sum: sum(12, 1) },
    { names: ['2030-01-02'], sum: undefined },
    { names: ['2030-01-03'], sum: sum(1, 0.0625) },
  ]
  const table = { headings: ['day'], lines, total: sum(13, 1.0625) }
  expect(usageTable({ ...table, width: 76 })).toBe(
    [
      'DAY         REQUESTS  FAILED   INPUT  CACHED  OUTPUT     COST',
      '2030-01-01        12       0  12,000       0     120    $1.00  █████████████',
      '2030-01-02         -       -       -       -       -        -',
      '2030-01-03         1       0   1,000       0      10  $0.0625  ▉',
      'total             13       0  13,000       0     130    $1.06',
      '',
    ].join('\n'),
  )
  expect(usageTable({ ...table, width: 60 })).not.toContain('█')
})
