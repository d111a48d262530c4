import fc from 'fast-check'
import { expect, test } from 'vitest'
import { createJsonMeter } from '../src/json-meter.ts'

function depthOf(value: unknown): number {
  if (typeof value !== 'object' || value === null) return 0
  return 1 + Math.max(0, ...Object.values(value).map(depthOf))
}

function valuesIn(value: unknown): number {
  if (typeof value !== 'object' || value === null) return 0
  const inner: unknown[] = Object.values(value)
  return inner.reduce((sum: number, one) => sum + valuesIn(one), inner.length)
}

test('any JSON, cut into any pieces, has the depth and the number of values of what it says', () => {
  fc.assert(
    fc.property(fc.json({ maxDepth: 6, stringUnit: 'binary' }), fc.integer({ min: 1, max: 7 }), (text, size) => {
      const bytes = new TextEncoder().encode(text)
      const meter = createJsonMeter()
      let measured = { depth: 0, values: 0 }
      for (let at = 0; at < bytes.length; at += size) measured = meter.feed(bytes.subarray(at, at + size))
      const value: unknown = JSON.parse(text)
      expect(measured).toEqual({ depth: depthOf(value), values: valuesIn(value) })
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
