import { expect, test } from 'vitest'
import { defaultWorkerLimit } from '../../src/engine/worker-limit.ts'

const GB = 1024 ** 3

test.each<[title: string, cores: number, free: number, allowed: number, limit: number]>([
  ['four for each core where memory is plenty', 2, 24 * GB, 0, 8],
  ['as many as fit into free memory', 8, 3 * GB, 0, 10],
  ['as many as fit into what a container or service may take', 8, 24 * GB, 0.9 * GB, 3],
  ['as many as the machine has room for, where it allows more than there is', 8, 3 * GB, 2 ** 64, 10],
  ['one at least', 8, 24 * GB, 0.1 * GB, 1],
])('turns at a time are %s', (_title, cores, free, allowed, limit) => {
  expect(defaultWorkerLimit(cores, free, allowed)).toBe(limit)
})
