import { readdirSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { describe, expect, it, vi } from 'vitest'
import { startTestEngine, textOf } from '../support/engine.ts'
import { gone } from '../support/processes.ts'
import { says, stalls, stallsBeforeHeaders } from '../support/scripted-model-answers.ts'

/** Rejects when it does not come within a second. */
function withinASecond<T>(promise: Promise<T>): Promise<T> {
  return Promise.race([
    promise,
    delay(1000).then((): never => {
      throw new Error('took longer than a second')
    }),
  ])
}

describe.each([
  ['with the egress', 'true'],
  ['without the egress', 'false'],
])('a caller who leaves %s', (_, EGRESS) => {
  it('in mid-stream closes the connection to the model API within a second', async () => {
    await using test = await startTestEngine({ EGRESS })
    test.model.script(stalls(['Hel']))
    const iterator = test.begin()
    await iterator.next()
    await iterator.next()
    await iterator.return?.()
    await withinASecond(test.model.requests.at(-1)?.closed ?? Promise.reject(new Error('no call')))
    await vi.waitUntil(() => test.engine.status().workers.busy === 0, { timeout: 10_000, interval: 10 })
  })

  it('before the first event does too', async () => {
    await using test = await startTestEngine({ EGRESS })
    test.model.script(stallsBeforeHeaders())
    const leaving = new AbortController()
    const answer = test.ask({}, leaving.signal)
    const call = await test.model.nextRequest()
    leaving.abort()
    await expect(withinASecond(answer)).rejects.toMatchObject({ kind: 'aborted' })
    await withinASecond(call.closed)
  })
})

describe('a worker', () => {
  it('that is killed before the first event is replaced without the caller seeing it', async () => {
    await using test = await startTestEngine()
    test.model.script(stallsBeforeHeaders(), says('from another process'))
    const answer = test.ask()
    await test.model.nextRequest()
    for (const pid of test.workers()) process.kill(pid, 'SIGKILL')
    expect(textOf(await answer)).toBe('from another process')
  })

  it('that is killed in mid-stream ends the turn with an honest failure', async () => {
    await using test = await startTestEngine()
    test.model.script(stalls(['Hel']))
    const iterator = test.begin()
    await iterator.next()
    expect(await iterator.next()).toMatchObject({ value: { text: 'Hel' } })
    for (const pid of test.workers()) process.kill(pid, 'SIGKILL')
    await expect(withinASecond(iterator.next())).rejects.toMatchObject({ kind: 'worker_died' })
    expect(textOf(await test.ask())).toBe('Hello from the scripted model.')
  })

  it('that stands still in mid-stream is given up and killed', async () => {
    await using test = await startTestEngine({ IDLE_TIMEOUT: '500', REUSE_WORKERS: 'true' })
    await test.proven()
    test.model.script(stalls(['Hel']))
    const iterator = test.begin()
    await iterator.next()
    await iterator.next()
    const pids = test.workers()
    for (const pid of pids) process.kill(pid, 'SIGSTOP')
    await expect(iterator.next()).rejects.toMatchObject({ kind: 'upstream_timeout' })
    await Promise.all(pids.map((pid) => gone(pid)))
  })

  it('that is ended leaves nothing on disk', async () => {
    await using test = await startTestEngine()
    await test.ask({ model: 'sonnet' })
    const runs = join(test.config.DATA_DIR, 'run')
    await vi.waitUntil(() => test.engine.status().workers.live === 1, { timeout: 10_000, interval: 10 })
    // What is left is the home of the one that waits for a first turn.
    expect(readdirSync(join(runs, readdirSync(runs)[0] ?? '')).filter((name) => name !== 'empty')).toHaveLength(1)
  })
})

describe('closing the engine', () => {
  it('lets a running turn finish, refuses new ones, and leaves no process', async () => {
    await using test = await startTestEngine()
    test.model.script(says(['a', 'b', 'c'], { delayMs: 100 }))
    const answer = test.ask()
    await test.model.nextRequest()
    const closed = test.engine.close(10_000)
    await expect(test.ask()).rejects.toMatchObject({ kind: 'draining' })
    expect(textOf(await answer)).toBe('abc')
    await closed
    expect(test.workers()).toEqual([])
  })

  it('ends a turn that is still running when the time is over', async () => {
    await using test = await startTestEngine()
    test.model.script(stalls(['Hel']))
    const answer = test.ask()
    await test.model.nextRequest()
    const failed = expect(answer).rejects.toMatchObject({ kind: 'draining' })
    await test.engine.close(50)
    await failed
    expect(test.workers()).toEqual([])
  })

  it('removes everything it had on disk', async () => {
    await using test = await startTestEngine()
    await test.engine.close(0)
    expect(readdirSync(join(test.config.DATA_DIR, 'run'))).toEqual([])
  })
})

describe('more turns than workers', () => {
  it('wait for a process, and one too many is refused at once', async () => {
    await using test = await startTestEngine({ MAX_WORKERS: '1', MAX_QUEUE: '1' })
    await test.engine.models()
    const first = test.ask()
    const second = test.ask()
    const began = performance.now()
    await expect(test.ask()).rejects.toMatchObject({ kind: 'queue_full' })
    expect(performance.now() - began).toBeLessThan(50)
    expect([textOf(await first), textOf(await second)]).toEqual([
      'Hello from the scripted model.',
      'Hello from the scripted model.',
    ])
  })
})
