import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { createInputReader } from '../../../src/translate/tools/custom-tool.ts'

function read(pieces: readonly string[]): string[] {
  const reader = createInputReader()
  return [...pieces.map((piece) => reader.push(piece)), reader.end()]
}

describe('the text of a custom call', () => {
  it('comes out as the model writes it', () => {
    expect(read(['{"inp', 'ut": "l', 's -l', '"}'])).toEqual(['', 'l', 's -l', '', ''])
  })

  it.each<[string[], string]>([
    [[String.raw`{"input":"a\n\t\"\\\/\b\f\r\u00e9"}`], 'a\n\t"\\/\b\f\ré'],
    [['{"input":"a\\', 'nb\\', 'u00', 'e9', 'c"}'], 'a\nbéc'],
    [['{"input":"\\ud83d', '\\ude00"}'], '😀'],
    [['{"input":"\ud83d', '\ude00"}'], '😀'],
    [['{"input":"\\ud83d"}'], '\ufffd'],
    [[' {\n "input" :\t"x" }'], 'x'],
    [['{"input":"x","other":"y"}'], 'x'],
    [['{"input":""}'], ''],
    [['{}'], ''],
    [['{"other":1,"input":"x"}'], 'x'],
    [['{"command":"x"}'], '{"command":"x"}'],
    [['{"input":{"a":1}}'], '{"input":{"a":1}}'],
    [['{"input":"half of it'], 'half of it'],
    [['{"input":"half of it\\u00'], 'half of it'],
    [['{"inp'], ''],
    [[], ''],
  ])('of %j is %j', (pieces, text) => {
    expect(read(pieces).join('')).toBe(text)
  })

  it('is the same however the arguments are cut', () => {
    const text = fc.string({
      unit: fc.oneof(fc.constantFrom('"', '\\', '\n', '\u0007', '😀', 'é'), fc.string({ unit: 'grapheme' })),
    })
    fc.assert(
      fc.property(text, fc.boolean(), fc.array(fc.nat(), { maxLength: 12 }), (input, isEscaped, cuts) => {
        const json = JSON.stringify({ input })
        const written = isEscaped
          ? json.replace(/[^ -~]/g, (unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`)
          : json
        const places = [...new Set([0, ...cuts.map((cut) => cut % (written.length + 1)), written.length])].toSorted(
          (a, b) => a - b,
        )
        const pieces = places.map((at, index) => written.slice(at, places[index + 1]))
        expect(read(pieces).join('')).toBe(input)
      }),
    )
  })
})
