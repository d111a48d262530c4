import { expect, it } from 'vitest'
import { stopSequences } from '../../../src/translate/parameters/stop-sequences.ts'

it.each([
  [undefined, undefined],
  [null, undefined],
  [[], undefined],
  ['', undefined],
  ['END', ['END']],
  [
    ['\n', ' '],
    ['\n', ' '],
  ],
  [
    ['a', '', 'a', 'b'],
    ['a', 'b'],
  ],
])('reads %j as %j', (stop, wanted) => {
  expect(stopSequences({ stop }).stopSequences).toEqual(wanted)
})
