import { setImmediate as nextRound } from 'node:timers/promises'
import { expect, test } from 'vitest'
import { createTurns } from '../src/one-by-one.ts'

test('many who ask at a time have their turns in their order, and others theirs in between', async () => {
  const inTurn = createTurns()
  const seen: string[] = []
  const others = (async () => {
    while (seen.filter((who) => who !== 'other').length < 4) {
      await nextRound()
      seen.push('other')
    }
  })()
  await Promise.all(['a', 'b', 'c', 'd'].map((who) => inTurn().then(() => seen.push(who))))
  await others
  expect(seen.filter((who) => who !== 'other')).toEqual(['a', 'b', 'c', 'd'])
  for (const pair of ['a b', 'b c', 'c d']) expect(seen.join(' ')).not.toContain(pair)
})
