import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { createJsonText, type JsonStart, readJsonText } from '../../../src/translate/answers/json-text.ts'
import type { TurnEvent } from '../../../src/turn/turn-event.ts'
import { FINISH, START } from '../../support/fake-engine.ts'

function read(start: JsonStart, pieces: readonly string[]): string {
  const json = createJsonText(start)
  return pieces.map((piece) => json.push(piece)).join('') + json.end()
}

const TRICKY = '{"a\\"}":"}]\\\\","b":[{"c":"```"}],"d":"🎈\\u0022"}'

describe('the JSON of an answer is found', () => {
  it.each<[what: string, start: JsonStart, text: string, json: string]>([
    ['alone', 'object', '{"a":1}', '{"a":1}'],
    ['behind white space', 'object', ' \n{"a":1}\n ', '{"a":1}'],
    ['in a fence', 'object', '```json\n{"a": [1]}\n```', '{"a": [1]}'],
    ['in a fence without a name', 'array', '```\n[1, {"a":2}]\n```\n', '[1, {"a":2}]'],
    ['behind and before words', 'object', 'Here [as asked] it is:\n\n{"a":1}\n\nThat was {it}.', '{"a":1}'],
    ['a list behind words', 'array', 'Here {it} is: ["]"] and more]', '["]"]'],
    ['either', 'structure', 'So: [{"a":1}]', '[{"a":1}]'],
    ['with brackets and quotes in strings', 'object', `Sure!${TRICKY}!`, TRICKY],
    ['a string', 'any', ' "a {b}" \n', '"a {b}"'],
    ['a number in a fence', 'any', '```json\n42\n```', '42'],
    ['nowhere', 'object', 'I cannot do that.', 'I cannot do that.'],
    ['nowhere at all', 'any', '', ''],
    ['broken off', 'object', 'So: {"a":"b', '{"a":"b'],
  ])('%s', (_, start, text, json) => {
    expect(read(start, [text])).toBe(json)
    expect(read(start, text.split(''))).toBe(json)
  })
})

it('wherever the pieces end, the result is the same', () => {
  const value = fc.jsonValue({ maxDepth: 3 }).map((inner) => ({ inner, text: '"}{[]```' }))
  const words = fc.constantFrom('', '```json\n', 'Here: ', '\n')
  fc.assert(
    fc.property(words, value, words, fc.array(fc.nat(60)), (before, given, after, cuts) => {
      const json = JSON.stringify(given)
      const text = `${before}${json}${after}`
      const places = [0, ...cuts.map((cut) => cut % (text.length + 1)).toSorted((a, b) => a - b), text.length]
      const pieces = places.slice(1).map((place, index) => text.slice(places[index], place))
      expect(read('object', pieces)).toBe(json)
    }),
  )
})

it('JSON goes out as it comes', () => {
  const json = createJsonText('object')
  expect(['Here', ': {"a"', ':1', '}, done'].map((piece) => json.push(piece))).toEqual(['', '{"a"', ':1', '}'])
})

it('reasoning, usage and what is said beside a call stay as they are', async () => {
  const call: TurnEvent = { type: 'tool_call', id: 'toolu_1', name: 'f' }
  const events: readonly TurnEvent[] = [
    START,
    { type: 'reasoning', text: '{hm}' },
    { type: 'text', text: 'I look.' },
    call,
    { type: 'tool_arguments', json: '{}' },
    { ...FINISH, reason: 'tool_calls' },
  ]
  const source = async function* () {
    yield* events
  }
  const all: TurnEvent[] = []
  for await (const event of readJsonText('object')(source())) all.push(event)
  expect(all).toEqual(events)
})

it('a fence that is followed by nothing but lines costs no time', () => {
  const began = performance.now()
  const text = `\`\`\`\n${'\n'.repeat(2000)}1`
  expect(read('any', [text])).toBe(text)
  expect(performance.now() - began).toBeLessThan(500)
})
