import { expect, it } from 'vitest'
import { replaceHalves } from '../../src/translate/replace-halves.ts'

it.each([
  ['a\ud83d', 'a\ufffd'],
  ['\ude00b', '\ufffdb'],
  ['\ude00\ud83d', '\ufffd\ufffd'],
  ['😀', '😀'],
])('%j is sent as %j', (text, expected) => {
  expect(replaceHalves(text)).toBe(expected)
})

it('millions of halves cost no time', () => {
  const began = process.cpuUsage()
  expect(replaceHalves('\ud800'.repeat(3_000_000))).toHaveLength(3_000_000)
  // Of the processor, in microseconds.
  expect(process.cpuUsage(began).user).toBeLessThan(100_000)
})
