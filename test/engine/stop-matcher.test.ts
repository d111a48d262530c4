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

it('says the same as a look at all of the text', () => {
  const sequence = fc.array(fc.constantFrom(' ', '\n'), { minLength: 1, maxLength: 6 }).map((list) => list.join(''))
  const text = fc.array(fc.constantFrom(' ', '\n', 'a'), { maxLength: 30 }).map((list) => list.join(''))
  fc.assert(
    fc.property(fc.array(sequence, { maxLength: 4 }), text, (sequences, whole) => {
      const [first] = sequences
        .filter((one) => whole.includes(one))
        .map((one) => ({ begin: whole.indexOf(one), end: whole.indexOf(one) + one.length }))
        .toSorted((left, right) => left.end - right.end || left.begin - right.begin)
      expect(matched(sequences, [whole])).toEqual([whole.slice(0, first?.begin), first !== undefined])
    }),
  )
})

it('long sequences that repeat themselves cost no time', () => {
  const matcher = createStopMatcher([`${' '.repeat(500_000)}\n`, `${`${' '.repeat(500)}\n`.repeat(1000)}\t`])
  const began = performance.now()
  for (let piece = 0; piece < 1000; piece += 1) matcher.push(`${' '.repeat(499)}\n`)
  expect(performance.now() - began).toBeLessThan(500)
})
