import fc from 'fast-check'
import { expect, test } from 'vitest'
import { createJsonMeter } from '../../src/http/json-meter.ts'

function depthOf(value: unknown): number {
  if (typeof value !== 'object' || value === null) return 0
  return 1 + Math.max(0, ...Object.values(value).map(depthOf))
}

function commasOf(value: unknown): number {
  if (typeof value !== 'object' || value === null) return 0
  const inner: unknown[] = Object.values(value)
  return inner.reduce((sum: number, one) => sum + commasOf(one), Math.max(0, inner.length - 1))
}

test('any JSON, cut into any pieces, has the depth and the commas of its value', () => {
  fc.assert(
    fc.property(fc.json({ maxDepth: 6, stringUnit: 'binary' }), fc.integer({ min: 1, max: 7 }), (text, size) => {
      const bytes = new TextEncoder().encode(text)
      const meter = createJsonMeter()
      let measured = { depth: 0, commas: 0 }
      for (let at = 0; at < bytes.length; at += size) measured = meter.feed(bytes.subarray(at, at + size))
      const value: unknown = JSON.parse(text)
      expect(measured).toEqual({ depth: depthOf(value), commas: commasOf(value) })
    }),
  )
})

test('an escape that is cut in two still escapes', () => {
  const meter = createJsonMeter()
  const feed = (text: string): number => meter.feed(new TextEncoder().encode(text)).depth
  feed(String.raw`["\\`.slice(0, -1))
  feed('')
  feed(String.raw`\"[[["`)
  expect(feed(']')).toBe(4)
})
