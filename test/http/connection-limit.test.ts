import { expect, test } from 'vitest'
import { connectionLimit } from '../../src/http/connection-limit.ts'

const limits = (soft: string) =>
  `Limit           Soft Limit  Hard Limit  Units\nMax open files  ${soft}  1048576  files\n`

test.each([
  ['1024', 512],
  ['1048576', 10_000],
  ['unlimited', 10_000],
])('with %s file descriptors %i connections are taken', (soft, expected) => {
  expect(connectionLimit(limits(soft))).toBe(expected)
})

test('where the system does not tell, ten thousand are', () => {
  expect(connectionLimit('')).toBe(10_000)
})
