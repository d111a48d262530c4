import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest'
import { runDragoman, type RunningDragoman, startDragoman } from '../support/dragoman-process.ts'

const folder = mkdtempSync(join(tmpdir(), 'dragoman-reload-'))
const file = join(folder, 'dragoman.json')
let server: RunningDragoman

beforeAll(async () => {
  writeFileSync(file, '{ "MODEL_ALIASES": { "first": "sonnet" } }')
  // Holds the event loop for two seconds and a half.
  const hold = 'const hold=()=>{const end=Date.now()+2500;while(Date.now()<end);};process.on("SIGWINCH",hold)'
  server = await startDragoman(['--demo', '--port', '0', '--config-file', file], {
    binary: 'scripted',
    imports: [`data:text/javascript,${hold}`],
  })
})
afterAll(async () => {
  await server.stop()
  rmSync(folder, { recursive: true, force: true })
})

interface LogLine {
  readonly msg: string
  readonly level: number
  readonly stack?: string
  readonly heldMs?: number
}

const lines = (): LogLine[] =>
  server
    .stdout()
    .split('\n')
    // The last one may still be on its way.
    .slice(0, -1)
    .filter((line) => line.startsWith('{'))
    .map((line): LogLine => JSON.parse(line))

/** Writes the file, has it read anew, and resolves with the lines that the log then has more. */
async function reloadWith(settings: string): Promise<LogLine[]> {
  writeFileSync(file, settings)
  const before = lines().length
  server.signal('SIGHUP')
  const isTold = ({ msg }: LogLine): boolean => /settings read anew|old settings stay/.test(msg)
  await vi.waitUntil(() => lines().slice(before).some(isTold), { timeout: 10_000, interval: 10 })
  return lines().slice(before)
}

function ask(body: Record<string, unknown>): Promise<Response> {
  return fetch(`${server.url}/v1/chat/completions`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ messages: [{ role: 'user', content: 'demo long 120' }], ...body }),
  })
}

async function metric(name: string): Promise<string | undefined> {
  const text = await (await fetch(`${server.url}/metrics`)).text()
  return text.split('\n').find((line) => line.startsWith(name))
}

describe('row 44: SIGHUP', () => {
  test('takes over what can change, lets running requests keep what they had, and names what needs a restart', async () => {
    const running = await ask({ model: 'first', stream: true })
    expect(running.status).toBe(200)
    const told = await reloadWith('{ "MODEL_ALIASES": { "second": "sonnet" }, "MAX_TIMEOUT": 1000, "MAX_WORKERS": 7 }')
    expect(told.filter(({ level }) => level > 30)).toMatchObject([{ settings: ['MAX_WORKERS'] }])
    expect((await ask({ model: 'first' })).status).toBe(404)
    // It takes longer than the new MAX_TIMEOUT.
    expect(await running.text()).toContain('data: [DONE]')
  })

  test('with a bad file keeps the old settings, says where it is bad in one line, and counts it', async () => {
    await reloadWith('{ "MODEL_ALIASES": { "kept": "sonnet" } }')
    const told = await reloadWith('{\n  "MODEL_ALIASES": {},\n  "MAX_QEUE": 1\n}')
    expect(told.filter(({ level }) => level > 30)).toMatchObject([
      { level: 50, msg: expect.stringContaining(`${file}:3: "MAX_QEUE" is no setting: did you mean MAX_QUEUE?`) },
    ])
    const models = await (await fetch(`${server.url}/v1/models`)).text()
    expect(models).toContain('"kept"')
    expect(await metric('dragoman_config_reloads_total{outcome="failed"}')).toMatch(/ 1$/)
  })

  test('check-config says so before, with the exit code 2', async () => {
    writeFileSync(file, '{\n"PORT": -1 }')
    const { code, stderr } = await runDragoman(['check-config', '--config-file', file])
    expect(code).toBe(2)
    expect(stderr).toContain(`${file}:2: PORT=-1: expected a whole number`)
    writeFileSync(file, '{ "PORT": 1, "API_KEY": "hidden-key" }')
    const good = await runDragoman(['check-config', '--config-file', file])
    expect(good.code).toBe(0)
    expect(good.stdout).toContain('PORT  (a change needs a restart)')
    expect(good.stdout).not.toContain('hidden-key')
  })
})

test('row 61: a server that is held up says what by, and goes on with its streams and with /health', async () => {
  await reloadWith('{}')
  const stream = await ask({ model: 'default', stream: true })
  const asked = performance.now()
  server.signal('SIGWINCH')
  expect((await fetch(`${server.url}/health`)).status).toBe(200)
  expect(performance.now() - asked).toBeLessThan(10_000)
  expect(await stream.text()).toContain('data: [DONE]')
  await vi.waitUntil(() => lines().some(({ heldMs }) => heldMs !== undefined), { timeout: 10_000, interval: 10 })
  const held = lines().find(({ heldMs }) => heldMs !== undefined)
  expect(held?.heldMs).toBeGreaterThan(1000)
  expect(held?.stack).toMatch(/^ {4}at hold \(/)
  expect(await metric('dragoman_event_loop_held_total')).toMatch(/ 1$/)
})
