import { describe, expect, test } from 'vitest'
import { ToolSteps } from '../../../src/engine/own-tools/tool-steps.ts'

describe('tools at work', () => {
  test('are a thousand at most', () => {
    const steps = new ToolSteps()
    const allowed = Array.from({ length: 1001 }, (_, n) => steps.allow(`toolu_${n}`))
    expect(allowed.filter(Boolean)).toHaveLength(1000)
    expect(steps.end('toolu_0')).toBe('ran')
    expect(steps.allow('toolu_1000')).toBe(true)
  })

  test('are one for each id, and are told that they have come to an end, or their turn', () => {
    const steps = new ToolSteps()
    const ended: string[] = []
    for (const id of ['a', 'b']) expect(steps.allow(id, () => ended.push(id))).toBe(true)
    expect(steps.allow('a', () => ended.push('again'))).toBe(false)
    steps.end('a')
    expect(ended).toEqual(['a'])
    steps.close()
    expect(ended).toEqual(['a', 'b'])
    expect([steps.over.aborted, steps.isAnyAtWork, steps.allow('c')]).toEqual([true, false, false])
  })

  test('have short ids', () => {
    const steps = new ToolSteps()
    expect(steps.allow('x'.repeat(257))).toBe(false)
    steps.deny('x'.repeat(257))
    expect(steps.isAnyAtWork).toBe(false)
    expect(steps.end('x'.repeat(257))).toBe('unknown')
  })
})
