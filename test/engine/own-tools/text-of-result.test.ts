import { expect, test } from 'vitest'
import { textOfResult } from '../../../src/engine/own-tools/text-of-result.ts'

test('a result is shown up to 4,000 characters, and not in the middle of one', () => {
  expect(textOfResult('a'.repeat(4000))).toBe('a'.repeat(4000))
  expect(textOfResult(`${'a'.repeat(3999)}😀b`)).toBe(`${'a'.repeat(3999)}\n[2 more characters]`)
})
