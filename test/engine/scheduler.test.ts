import { describe, expect, it, vi } from 'vitest'
import { Scheduler } from '../../src/engine/scheduler.ts'

const never = new AbortController().signal
const options = { slots: 1, maxQueue: 10, timeoutMs: 60_000 }

describe('scheduler', () => {
  it('gives a free slot at once', async () => {
    const scheduler = new Scheduler(options)
    await scheduler.acquire('a', never)
    expect(scheduler.running).toBe(1)
  })

  it('makes the next one wait until the slot is given back', async () => {
    const scheduler = new Scheduler(options)
    const release = await scheduler.acquire('a', never)
    const second = scheduler.acquire('a', never)
    expect(scheduler.queued).toBe(1)
    release()
    await second
    expect([scheduler.running, scheduler.queued]).toEqual([1, 0])
  })

  it('counts a slot that is given back twice only once', async () => {
    const scheduler = new Scheduler({ ...options, slots: 2 })
    const release = await scheduler.acquire('a', never)
    await scheduler.acquire('a', never)
    release()
    release()
    expect(scheduler.running).toBe(1)
  })

  it('lets principals take turns, however many one of them has waiting', async () => {
    const scheduler = new Scheduler(options)
    const order: string[] = []
    const release = await scheduler.acquire('busy', never)
    const waiting = ['busy', 'busy', 'busy', 'other', 'third'].map(async (principal) => {
      const done = await scheduler.acquire(principal, never)
      order.push(principal)
      done()
    })
    release()
    await Promise.all(waiting)
    expect(order).toEqual(['busy', 'other', 'third', 'busy', 'busy'])
  })

  it('refuses at once when the queue is full', async () => {
    const scheduler = new Scheduler({ ...options, maxQueue: 1 })
    await scheduler.acquire('a', never)
    const waiting = scheduler.acquire('a', never)
    await expect(scheduler.acquire('a', never)).rejects.toMatchObject({ kind: 'queue_full' })
    scheduler.drain()
    await expect(waiting).rejects.toMatchObject({ kind: 'draining' })
  })

  it('makes room in a full queue for others, where one has most of it', async () => {
    const scheduler = new Scheduler({ ...options, maxQueue: 4 })
    const release = await scheduler.acquire('busy', never)
    const served: string[] = []
    const refused: string[] = []
    const ask = async (name: string): Promise<void> => {
      try {
        const done = await scheduler.acquire(name.split(' ', 1)[0] ?? '', never)
        served.push(name)
        done()
      } catch {
        refused.push(name)
      }
    }
    const asked = ['busy 1', 'busy 2', 'busy 3', 'busy 4', 'busy 5', 'other 1', 'other 2', 'other 3', 'third 1'].map(
      ask,
    )
    await vi.waitUntil(() => refused.length === 5)
    expect(refused.toSorted()).toEqual(['busy 2', 'busy 3', 'busy 4', 'busy 5', 'other 3'])
    expect(scheduler.queued).toBe(4)
    expect(() => scheduler.admit('busy')).toThrow('full')
    expect(() => scheduler.admit('other')).toThrow('full')
    expect(() => scheduler.admit('fourth')).not.toThrow()
    release()
    await Promise.all(asked)
    expect(served).toEqual(['busy 1', 'other 1', 'third 1', 'other 2'])
  })

  it('removes a waiter that leaves', async () => {
    const scheduler = new Scheduler(options)
    const release = await scheduler.acquire('a', never)
    const leaving = new AbortController()
    const left = scheduler.acquire('a', leaving.signal)
    leaving.abort()
    await expect(left).rejects.toMatchObject({ kind: 'aborted' })
    expect(scheduler.queued).toBe(0)
    release()
    expect(scheduler.running).toBe(0)
  })

  it('refuses a waiter whose time is over', async () => {
    vi.useFakeTimers()
    try {
      const scheduler = new Scheduler({ ...options, timeoutMs: 500 })
      await scheduler.acquire('a', never)
      const refused = expect(scheduler.acquire('a', never)).rejects.toMatchObject({ kind: 'queue_full' })
      await vi.advanceTimersByTimeAsync(500)
      await refused
      expect(scheduler.queued).toBe(0)
    } finally {
      vi.useRealTimers()
    }
  })

  it('refuses those that wait and those that come once it drains', async () => {
    const scheduler = new Scheduler(options)
    await scheduler.acquire('a', never)
    const waiting = scheduler.acquire('a', never)
    scheduler.drain()
    await expect(waiting).rejects.toMatchObject({ kind: 'draining' })
    await expect(scheduler.acquire('b', never)).rejects.toMatchObject({ kind: 'draining' })
  })

  it('is idle when the last slot is given back', async () => {
    const scheduler = new Scheduler(options)
    const release = await scheduler.acquire('a', never)
    const idle = scheduler.idle(60_000)
    release()
    await idle
    expect(scheduler.running).toBe(0)
  })
})
