import fc from 'fast-check'
import { expect, test } from 'vitest'
import { createDepthMeter } from '../../src/http/json-depth.ts'

function depthOf(value: unknown): number {
  if (typeof value !== 'object' || value === null) return 0
  return 1 + Math.max(0, ...Object.values(value).map(depthOf))
}

test('any JSON, cut into any pieces, has the depth of its value', () => {
  fc.assert(
    fc.property(fc.json({ maxDepth: 6, stringUnit: 'binary' }), fc.integer({ min: 1, max: 7 }), (text, size) => {
      const bytes = new TextEncoder().encode(text)
      const meter = createDepthMeter()
      let deepest = 0
      for (let at = 0; at < bytes.length; at += size) deepest = meter.feed(bytes.subarray(at, at + size))
      expect(deepest).toBe(depthOf(JSON.parse(text)))
    }),
  )
})

test('an escape that is cut in two still escapes', () => {
  const meter = createDepthMeter()
  const feed = (text: string): number => meter.feed(new TextEncoder().encode(text))
  feed(String.raw`["\\`.slice(0, -1))
  feed('')
  feed(String.raw`\"[[["`)
  expect(feed(']')).toBe(4)
})
