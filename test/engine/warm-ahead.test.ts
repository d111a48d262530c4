import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { WarmAhead, type WarmAheadOptions } from '../../src/engine/warm-ahead.ts'
import type { Profile } from '../../src/engine/profile.ts'

beforeEach(() => {
  vi.useFakeTimers()
})
afterEach(() => {
  vi.useRealTimers()
})

const profile = (system: string): Profile => ({ model: 'sonnet', system, toolMode: 'text' })

function warmAhead(options: Partial<WarmAheadOptions> = {}): { warm: WarmAhead; started: string[] } {
  const started: string[] = []
  const warm = new WarmAhead({
    most: 2,
    waiting: () => [],
    isFull: () => false,
    start: async ({ system }) => void started.push(system),
    onError: () => undefined,
    ...options,
  })
  return { warm, started }
}

describe('a process is started ahead', () => {
  it('a second after it was wanted, once for each profile', async () => {
    const { warm, started } = warmAhead()
    warm.want(profile('one'))
    warm.want(profile('two'))
    warm.want(profile('one'))
    await vi.advanceTimersByTimeAsync(900)
    expect(started).toEqual([])
    await vi.advanceTimersByTimeAsync(200)
    expect(started).toEqual(['one', 'two'])
  })

  it('for as many profiles as may wait, the latest', async () => {
    const { warm, started } = warmAhead()
    for (const name of ['one', 'two', 'three']) warm.want(profile(name))
    await vi.advanceTimersByTimeAsync(1000)
    expect(started).toEqual(['three', 'two'])
  })

  it('again when it is wanted again', async () => {
    const { warm, started } = warmAhead()
    for (let round = 0; round < 2; round += 1) {
      warm.want(profile('one'))
      await vi.advanceTimersByTimeAsync(1000)
    }
    expect(started).toEqual(['one', 'one'])
  })

  it('also after another could not be started', async () => {
    const errors: unknown[] = []
    const { warm, started } = warmAhead({
      start: ({ system }) =>
        system === 'bad' ? Promise.reject(new Error(system)) : Promise.resolve(started.push(system)),
      onError: (error) => errors.push(error),
    })
    warm.want(profile('good'))
    warm.want(profile('bad'))
    await vi.advanceTimersByTimeAsync(1000)
    expect(started).toEqual(['good'])
    expect(errors).toHaveLength(1)
  })
})

describe('no process is started ahead', () => {
  it.each<[string, Partial<WarmAheadOptions>]>([
    ['where none may wait', { most: 0 }],
    ['where the profile has one that waits', { waiting: () => [profile('one')] }],
    ['where enough others wait', { waiting: () => [profile('two'), profile('three')] }],
    ['where there is no room', { isFull: () => true }],
  ])('%s', async (_, options) => {
    const { warm, started } = warmAhead(options)
    warm.want(profile('one'))
    await vi.advanceTimersByTimeAsync(1000)
    expect(started).toEqual([])
  })

  it('after the end', async () => {
    const { warm, started } = warmAhead()
    warm.want(profile('one'))
    warm.close()
    warm.want(profile('two'))
    await vi.advanceTimersByTimeAsync(2000)
    expect(started).toEqual([])
  })
})
