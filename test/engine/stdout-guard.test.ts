import { text } from 'node:stream/consumers'
import { afterEach, describe, expect, it, vi } from 'vitest'
import { StdoutGuard, type StdoutLimits, type UntilTaken } from '../../src/engine/stdout-guard.ts'

const SLOW = { burstBytes: 1000, bytesPerSecond: 1000 }

function guarded(
  limits: Omit<StdoutLimits, keyof typeof SLOW>,
  untilTaken?: UntilTaken,
): { guard: StdoutGuard; violations: string[] } {
  const violations: string[] = []
  const guard = new StdoutGuard({ ...SLOW, ...limits }, (reason) => violations.push(reason), untilTaken)
  return { guard, violations }
}

afterEach(() => vi.useRealTimers())

describe('stdout guard', () => {
  it('passes lines unchanged, however they are cut into chunks', async () => {
    const { guard, violations } = guarded({ maxLineBytes: 100, maxGarbageLines: 0 })
    for (const chunk of ['{"a":', '1}\n{"b"', ':"é', '"}\n', '\n']) guard.write(chunk)
    guard.end()
    expect(await text(guard)).toBe('{"a":1}\n{"b":"é"}\n\n')
    expect(violations).toEqual([])
  })

  it('reports a line that is too long, once, before it ends', () => {
    const { guard, violations } = guarded({ maxLineBytes: 10, maxGarbageLines: 0 })
    guard.write('{"a":"12')
    expect(violations).toEqual([])
    guard.write('345')
    guard.write('678')
    expect(violations).toEqual(['a line is too long'])
  })

  it('bears some lines that are not JSON and reports when they are too many', () => {
    const { guard, violations } = guarded({ maxLineBytes: 100, maxGarbageLines: 2 })
    guard.write('garbage\n{"a":1}\nmore\n')
    expect(violations).toEqual([])
    guard.write('and more\n')
    expect(violations).toEqual(['too many lines that are not JSON'])
  })

  it('lets nothing through while it is held, and everything after', async () => {
    const { guard } = guarded({ maxLineBytes: 100, maxGarbageLines: 0 })
    guard.holdLines()
    guard.write('{"a":1}\n')
    expect(guard.read()).toBeNull()
    guard.resumeLines()
    guard.end('{"b":2}\n')
    expect(await text(guard)).toBe('{"a":1}\n{"b":2}\n')
  })

  it('lets much through at once, and no more than so much in a second after it', async () => {
    vi.useFakeTimers({ toFake: ['performance', 'setTimeout', 'clearTimeout'] })
    const { guard } = guarded({ maxLineBytes: 10_000, maxGarbageLines: 0 })
    let read = 0
    guard.on('data', (chunk: Buffer) => (read += chunk.length))
    for (const size of [900, 600, 1000]) guard.write(`{${'x'.repeat(size - 2)}\n`)
    await vi.advanceTimersByTimeAsync(450)
    expect(read).toBe(900)
    await vi.advanceTimersByTimeAsync(100)
    expect(read).toBe(1500)
    await vi.advanceTimersByTimeAsync(900)
    expect(read).toBe(1500)
    await vi.advanceTimersByTimeAsync(100)
    expect(read).toBe(2500)
  })

  it('lets nothing through while the child does not take what it is told', async () => {
    let take = (): void => undefined
    const taken = new Promise<void>((resolve) => (take = resolve))
    const { guard } = guarded({ maxLineBytes: 100, maxGarbageLines: 0 }, () => taken)
    guard.end('{"a":1}\n')
    const all = text(guard)
    expect(guard.readableLength).toBe(0)
    take()
    expect(await all).toBe('{"a":1}\n')
  })
})
