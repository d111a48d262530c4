import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest'
import { startTestEngine, type TestEngine, textOf } from '../support/engine.ts'

describe('a spare process', () => {
  let test: TestEngine
  beforeAll(async () => {
    test = await startTestEngine({ SPARE_WORKERS: '1', REUSE_WORKERS: 'false' })
  })
  afterAll(() => test[Symbol.asyncDispose]())

  const spareOf = async (model: string): Promise<number[]> => {
    await vi.waitUntil(
      () =>
        test.engine.status().workers.spare === 1 &&
        test.engine.status().workers.busy === 0 &&
        test.workers(model).length === 1,
      { timeout: 8000, interval: 10 },
    )
    return test.workers(model)
  }

  it('is spawned ahead for a model that was used, and then serves with any system prompt, byte for byte', async () => {
    const system = 'A prompt of its own.\n\n  é🙂 "quoted" --flag $HOME'
    await test.ask({ model: 'haiku', system })
    const fresh = test.model.requests.at(-1)?.body['system']
    const [spare] = await spareOf('haiku')
    const began = test.begin({ model: 'haiku', system })
    await began.next()
    expect(test.workers('haiku')).toContain(spare)
    await began.return?.()
    expect(test.model.requests.at(-1)?.body['system']).toEqual(fresh)
    expect(JSON.stringify(fresh)).toContain(JSON.stringify(system).slice(1, -1))
  })

  it('that died is not handed out', async () => {
    await test.ask({ model: 'haiku' })
    for (const pid of await spareOf('haiku')) process.kill(pid, 'SIGKILL')
    expect(textOf(await test.ask({ model: 'haiku' }))).toBe('Hello from the scripted model.')
  })

  it('of a model that is not used any more makes way', async () => {
    await test.ask({ model: 'haiku' })
    await spareOf('haiku')
    await test.ask({ model: 'opus' })
    await spareOf('opus')
    expect(test.workers('haiku')).toEqual([])
  })
})

describe('SPARE_WORKERS=0', () => {
  it('spawns none', async () => {
    await using test = await startTestEngine({ SPARE_WORKERS: '0' })
    await test.ask()
    expect(test.engine.status().workers.spare).toBe(0)
  })
})
