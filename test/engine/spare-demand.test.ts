import { describe, expect, it } from 'vitest'
import { SpareDemand } from '../../src/engine/spare-demand.ts'

function demandAfter(starts: readonly [seconds: number, model: string][], nowSeconds: number): SpareDemand {
  let now = 0
  const demand = new SpareDemand(() => now * 1000)
  for (const [seconds, model] of starts) {
    now = seconds
    demand.noteStart(model)
  }
  now = nowSeconds
  return demand
}

describe('the spares worth having', () => {
  it.each<[string, readonly [number, string][], number, number, Record<string, number>]>([
    ['none before anything was asked', [], 0, 4, {}],
    ['one of a model in use', [[0, 'opus']], 60, 4, { opus: 1 }],
    [
      'one of each model in use',
      [
        [0, 'opus'],
        [1, 'haiku'],
      ],
      60,
      4,
      { haiku: 1, opus: 1 },
    ],
    [
      'the model used last, however long ago',
      [
        [0, 'opus'],
        [1, 'haiku'],
      ],
      9999,
      4,
      { haiku: 1 },
    ],
    [
      'more after several starts in a short time',
      [
        [0, 'opus'],
        [1, 'opus'],
        [2, 'opus'],
      ],
      5,
      4,
      { opus: 3 },
    ],
    [
      'one again after the rush',
      [
        [0, 'opus'],
        [1, 'opus'],
        [2, 'opus'],
      ],
      60,
      4,
      { opus: 1 },
    ],
    [
      'never more than allowed',
      [
        [0, 'opus'],
        [1, 'opus'],
        [2, 'opus'],
      ],
      5,
      2,
      { opus: 2 },
    ],
    [
      'the latest models where not all can have one',
      [
        [0, 'a'],
        [1, 'b'],
        [2, 'c'],
      ],
      5,
      2,
      { c: 1, b: 1 },
    ],
    ['none where none are allowed', [[0, 'opus']], 5, 0, {}],
  ])('%s', (_, starts, now, most, wanted) => {
    expect(Object.fromEntries(demandAfter(starts, now).wanted(most))).toEqual(wanted)
  })
})
