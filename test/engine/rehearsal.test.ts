import { existsSync, readdirSync, readFileSync, readlinkSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it, onTestFinished, vi } from 'vitest'
import { startEgress } from '../../src/engine/egress/egress.ts'
import { rehearse } from '../../src/engine/rehearse.ts'
import type { TurnEvent } from '../../src/turn/turn-event.ts'
import { startTestEngine, type TestEngine, textOf, user } from '../support/engine.ts'

/** The profile of the process that is started at once. */
const TRIAL = { model: 'default', system: '' } as const

const QUESTION = { ...TRIAL, conversation: [user('A question of my own')] }

describe('a process that has rehearsed', () => {
  let test: TestEngine
  let answer: TurnEvent[]
  let pids: { before: number[]; after: number[] }
  beforeAll(async () => {
    test = await startTestEngine({ REUSE_WORKERS: 'true' })
    await test.proven()
    const before = test.workers()
    // A process connects at its first call and stays connected.
    await vi.waitUntil(() => isConnected(before[0]), { timeout: 10_000, interval: 20 })
    answer = await test.ask(QUESTION)
    pids = { before, after: test.workers() }
  })
  afterAll(() => test[Symbol.asyncDispose]())

  it('takes the first turn of its profile', () => {
    expect(pids.before).toHaveLength(1)
    expect(pids.after).toEqual(pids.before)
  })

  it('has called no model but for the turn', () => {
    expect(test.model.requests).toHaveLength(1)
  })

  it('counts the turn alone in the metrics', async () => {
    const text = await test.metrics.render()
    expect(text).toContain('dragoman_turns_total{outcome="done"} 1\n')
    expect(text).toContain('dragoman_leases_total{kind="warm"} 1\n')
    expect(text).toContain('dragoman_worker_resets_total{outcome="done"} 0\n')
  })

  it('sends nothing of the rehearsal, and answers at the same cost as one that has not', async () => {
    await using fresh = await startTestEngine({ REUSE_WORKERS: 'false' })
    const expected = await fresh.ask(QUESTION)
    const [sent, plain] = [test, fresh].map(({ model }) => ({ ...model.requests[0]?.body, metadata: undefined }))
    expect(JSON.stringify(sent)).toBe(JSON.stringify(plain))
    expect(answer).toEqual(expected.map((event) => (event.type === 'start' ? expect.anything() : event)))
  })
})

it('a process that is started ahead for a profile in use rehearses too', { timeout: 40_000 }, async () => {
  await using test = await startTestEngine({ REUSE_WORKERS: 'true', SPARE_WORKERS: '2', MAX_WORKERS: '6' })
  await test.proven()
  const model = 'haiku'
  // Two processes take the turns. Whichever else connects has rehearsed, be it before the turns are over.
  const connected = new Set<number>()
  const look = (): void =>
    test
      .workers(model)
      .filter(isConnected)
      .forEach((pid) => connected.add(pid))
  const looking = setInterval(look, 20)
  onTestFinished(() => clearInterval(looking))
  const before = test.model.requests.length
  await Promise.all([test.ask({ model }), test.ask({ model })])
  await vi.waitUntil(() => connected.size > 2, { timeout: 30_000, interval: 20 })
  expect(test.model.requests).toHaveLength(before + 2)
})

it('a turn that comes during a rehearsal waits for it and gets its process', async () => {
  await using test = await startTestEngine({ REUSE_WORKERS: 'true', MAX_WORKERS: '1' })
  await test.proven()
  const pids = test.workers()
  expect(textOf(await test.ask(TRIAL))).toBe('Hello from the scripted model.')
  expect(test.workers()).toEqual(pids)
})

it('a turn of another profile takes the place of a process that rehearses', async () => {
  await using test = await startTestEngine({ REUSE_WORKERS: 'true', MAX_WORKERS: '1' })
  await test.proven()
  expect(textOf(await test.ask({ model: 'haiku' }))).toBe('Hello from the scripted model.')
  expect(test.engine.status().workers.live).toBe(1)
})

it('the egress answers rehearsals itself, and nothing once they are over', async () => {
  const credential = { header: 'x-api-key', value: 'key' } as const
  const egress = await startEgress({ upstream: 'http://127.0.0.1:1', credential, environment: {} })
  const lane = egress.openLane()
  const call = (): Promise<Response> => fetch(`${lane.baseUrl}/v1/messages`, { method: 'POST', body: '{}' })
  const gate = lane.openRehearsal()
  expect(await (await call()).text()).toContain('event: message_stop')
  gate.close()
  expect((await call()).status).toBe(409)
  await egress.close()
})

/** Whether the process has a TCP connection (proc(5)). */
function isConnected(pid: number | undefined): boolean {
  const folder = `/proc/${pid}/fd`
  if (!existsSync(folder)) return false
  const files = readdirSync(folder).map((file) => linkOf(join(folder, file)))
  const connections = ['tcp', 'tcp6'].flatMap((kind) => readFileSync(`/proc/net/${kind}`, 'utf8').split('\n').slice(1))
  return connections.some((line) => files.includes(`socket:[${line.trim().split(/ +/)[9]}]`))
}

function linkOf(path: string): string {
  try {
    return readlinkSync(path)
  } catch {
    return ''
  }
}

it('a process that takes too long to rehearse is ended', async () => {
  const gaveUp: unknown[] = []
  const hanging = {
    canRehearse: true,
    async *run(_: unknown, patience: AbortSignal): AsyncGenerator<TurnEvent> {
      yield { type: 'start', model: 'default' }
      await new Promise((_resolve, reject) => patience.addEventListener('abort', () => reject(patience.reason)))
    },
    reset: () => Promise.resolve(true),
    giveUp: (cause: unknown) => Promise.resolve(void gaveUp.push(cause)),
  }
  await rehearse(hanging, () => false, 50)
  expect(gaveUp).toMatchObject([{ name: 'TimeoutError' }])
})
