/** Rows 41 and 43: the server is told to end, or killed, while it works. */
import { readdirSync, readFileSync } from 'node:fs'
import { afterEach, expect, test, vi } from 'vitest'
import { dial, rawRequest } from '../support/app.ts'
import { type RunningDragoman, startDragoman } from '../support/dragoman-process.ts'
import { gone, workersOf } from '../support/processes.ts'
import { testInSandbox } from '../support/sandbox.ts'
import { type ScriptedModel, startScriptedModel } from '../support/scripted-model.ts'
import { gated, says, stalls } from '../support/scripted-model-answers.ts'

const cleanups: (() => Promise<void>)[] = []

afterEach(async () => {
  for (const cleanUp of cleanups.splice(0).toReversed()) await cleanUp()
})

async function start(
  more: Readonly<Record<string, string>> = {},
): Promise<{ server: RunningDragoman; model: ScriptedModel }> {
  const model = await startScriptedModel()
  cleanups.push(() => model.close())
  const env = { ANTHROPIC_BASE_URL: model.url, ANTHROPIC_API_KEY: 'scripted', MAX_WORKERS: '2', ...more }
  const server = await startDragoman(['--port', '0'], { env })
  cleanups.push(() => server.stop())
  return { server, model }
}

function stream({ url }: RunningDragoman, fields: Readonly<Record<string, unknown>> = {}): Promise<Response> {
  const messages = [{ role: 'user', content: 'Hello' }]
  const body = JSON.stringify({ model: 'sonnet', stream: true, messages, ...fields })
  return fetch(`${url}/v1/chat/completions`, { method: 'POST', headers: { 'content-type': 'application/json' }, body })
}

test('row 41: of fifty streams those that run end well, those that wait are refused, and nothing is left', async () => {
  const { server, model } = await start()
  const answer = gated(['Hel', 'lo'])
  model.otherwise(answer)
  const streams = Array.from({ length: 50 }, async () => stream(server))
  await model.nextRequest()
  await model.nextRequest()
  answer.release(2)
  await Promise.race(streams)
  const idle = dial(Number(new URL(server.url).port))
  idle.socket.write(rawRequest('GET /health'))
  await idle.received('"ok"')
  const workers = workersOf(server.dataFolder)
  server.signal('SIGTERM')
  await vi.waitUntil(() => server.stdout().includes('shutting down'), { timeout: 10_000, interval: 10 })

  const late = await stream(server)
  expect([late.status, late.headers.get('connection')]).toEqual([503, 'close'])
  answer.release(2)
  const ended = await Promise.all(
    streams.map(async (open) => {
      const response = await open
      return `${response.status} ${(await response.text()).includes('data: [DONE]')}`
    }),
  )
  expect(ended.filter((end) => end === '200 true')).toHaveLength(2)
  expect(ended.filter((end) => end === '503 false')).toHaveLength(48)
  await idle.closed
  expect((await server.finished).code).toBe(0)
  await Promise.all(workers.map((pid) => gone(pid, 100)))
})

test('row 43: kill -9 of the server ends its processes in mid-answer', async () => {
  // Without the egress, whose end would end their answers.
  const { server, model } = await start({ EGRESS: 'false' })
  model.otherwise(stalls(['Hel']))
  await Promise.all([stream(server), stream(server)])
  const workers = workersOf(server.dataFolder)
  expect(workers.length).toBeGreaterThanOrEqual(2)
  server.signal('SIGKILL')
  await Promise.all(workers.map((pid) => gone(pid, 5000)))
})

testInSandbox('row 43: and the commands that the model runs, those too that left their group', async () => {
  const { server, model } = await start({ TOOLS_ALLOWED: 'Bash' })
  const program = ['sleep', `${86_400 + process.pid}`]
  const command = `setsid ${program.join(' ')} & ${program.join(' ')}`
  model.script(says('', { calls: [{ id: 'toolu_1', name: 'Bash', input: { command } }] }))
  void stream(server, { enable_tools: true }).catch(() => undefined)
  await vi.waitUntil(() => started(program).length === 2, { timeout: 15_000, interval: 20 })
  const pids = started(program)
  server.signal('SIGKILL')
  await Promise.all(pids.map((pid) => gone(pid, 5000)))
})

/** The processes of this machine with that command line (proc(5)). */
function started(program: readonly string[]): number[] {
  const wanted = program.map((word) => `${word}\0`).join('')
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .flatMap((pid) => {
      try {
        return readFileSync(`/proc/${pid}/cmdline`, 'utf8') === wanted ? [Number(pid)] : []
      } catch {
        return []
      }
    })
}
