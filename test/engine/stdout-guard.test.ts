import { text } from 'node:stream/consumers'
import { describe, expect, it } from 'vitest'
import { StdoutGuard } from '../../src/engine/stdout-guard.ts'

function guarded(limits: { maxLineBytes: number; maxGarbageLines: number }): {
  guard: StdoutGuard
  violations: string[]
} {
  const violations: string[] = []
  return { guard: new StdoutGuard(limits, (reason) => violations.push(reason)), violations }
}

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
})
