import { expect, test } from 'vitest'
import { tokens, UsageCount } from '../../src/engine/usage-count.ts'

test.each([0, 7, 1e12])('%d tokens are believed', (count) => {
  expect(tokens(count)).toBe(count)
})

test.each([1e12 + 1, 1e300, -1, 1.5, Number.NaN, Infinity, null, undefined])('%s tokens are not', (count) => {
  expect(tokens(count)).toBeUndefined()
})

test('what is no count leaves the one before it', () => {
  const counted = new UsageCount()
  counted.count({ input_tokens: 10, output_tokens: 1 })
  counted.count({ input_tokens: 1e300, output_tokens: 5 })
  expect(counted.total(undefined)).toMatchObject({ inputTokens: 10, outputTokens: 5 })
})
