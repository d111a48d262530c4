import { expect, it } from 'vitest'
import { readRetryAfter } from '../../src/engine/egress/upstream-answer.ts'

it.each([
  ['2678400', 2_678_400],
  ['2678401', undefined],
  ['1e9', undefined],
  ['-1', undefined],
  ['soon', undefined],
  ['Thu, 01 Jan 1970 00:01:00 GMT', 50],
  ['Thu, 01 Jan 2070 00:01:00 GMT', undefined],
])('a retry-after of %s is believed as %s seconds', (header, seconds) => {
  expect(readRetryAfter({ 'retry-after': header }, 10_000)).toBe(seconds)
})
