import * as fc from 'fast-check'
import { expect, it } from 'vitest'
import { createStopMatcher } from '../../src/engine/stop-matcher.ts'

/** All that comes out of these pieces, and whether a sequence came. */
function matched(sequences: readonly string[], pieces: readonly string[]): [string, boolean] {
  const matcher = createStopMatcher(sequences)
  let out = ''
  for (const piece of pieces) {
    const { text, stopped } = matcher.push(piece)
    out += text
    if (stopped) return [out, true]
  }
  return [out + matcher.end(), false]
}

it.each([
  [['\n\n'], ['a\n', '\nb'], 'a', true],
  [['\n\n'], ['a\n', 'b\n'], 'a\nb\n', false],
  [['\n'], ['\n'], '', true],
  [[], ['a', 'b'], 'ab', false],
  [[' \n ', '\n'], ['a \n b'], 'a ', true],
  [['\t\t', '  '], ['a\t', ' ', ' '], 'a\t', true],
])('of %j in %j it lets out %j, stopped: %s', (sequences, pieces, text, stopped) => {
  expect(matched(sequences, pieces)).toEqual([text, stopped])
})

it('lets everything out at once that cannot become a sequence', () => {
  const matcher = createStopMatcher(['\n\n'])
  expect(matcher.push('abc')).toEqual({ text: 'abc', stopped: false })
  expect(matcher.push('d\n')).toEqual({ text: 'd', stopped: false })
})

it('ends the same text at the same place, wherever it is split', () => {
  const letters = fc.array(fc.constantFrom('a', ' ', '\n'), { maxLength: 12 }).map((list) => list.join(''))
  fc.assert(
    fc.property(
      fc.array(letters),
      fc.array(
        letters.filter((sequence) => sequence !== ''),
        { maxLength: 3 },
      ),
      (pieces, sequences) => {
        expect(matched(sequences, pieces)).toEqual(matched(sequences, pieces.join('').split('')))
        expect(matched(sequences, pieces)).toEqual(matched(sequences, [pieces.join('')]))
      },
    ),
  )
})
