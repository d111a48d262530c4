import { expect, it } from 'vitest'
import { spentBy } from '../../src/engine/recycling.ts'

it('a process serves five hundred turns', () => {
  const worker = { startedAt: performance.now(), child: { pid: undefined } }
  expect(spentBy({ ...worker, turns: 499 })).toBeUndefined()
  expect(spentBy({ ...worker, turns: 500 })).toBe('turns')
})
