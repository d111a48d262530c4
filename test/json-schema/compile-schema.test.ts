import { describe, expect, it } from 'vitest'
import { createSchemaCompiler } from '../../src/json-schema/compile-schema.ts'

const compileSchema = createSchemaCompiler()

function faultOf(schema: object): { message: string; place: string } {
  const compiled = compileSchema(schema)
  if (!('fault' in compiled)) throw new Error('the schema was taken')
  return { message: compiled.fault.message, place: compiled.fault.place.join('/') }
}

function check(schema: object, value: unknown): string | undefined {
  const compiled = compileSchema(schema)
  if ('fault' in compiled) throw new Error(`${compiled.fault.message} at ${compiled.fault.place.join('/')}`)
  return compiled.check(value)
}

describe('a schema that is none is refused with its place', () => {
  it.each<[why: string, schema: object, place: string, message: RegExp]>([
    ['an unknown type', { properties: { a: { type: 'strin' } } }, 'properties/a/type', /allowed values/],
    ['a keyword of the wrong type', { properties: { a: { minimum: '3' } } }, 'properties/a/minimum', /must be number/],
    [
      'a reference to nothing',
      { properties: { 'a/b': { $ref: '#/$defs/none' } } },
      'properties/a/b/$ref',
      /leads nowhere/,
    ],
    ['a reference to elsewhere', { $ref: 'https://example.com/a.json' }, '$ref', /leads nowhere/],
    ['a bad pattern', { items: { pattern: '(' } }, 'items/pattern', /regular expression/],
    ['a bad pattern, draft-07', { items: [{ pattern: '[' }] }, 'items/0/pattern', /regular expression/],
    [
      'the older form of a bound',
      { $schema: 'http://json-schema.org/draft-04/schema#', exclusiveMinimum: true },
      'exclusiveMinimum',
      /must be number/,
    ],
  ])('%s', (_, schema, place, message) => {
    expect(faultOf(schema)).toEqual({ place, message: expect.stringMatching(message) })
  })
})

describe('a value is held to the schema', () => {
  it.each<[what: string, schema: object, good: unknown, bad: unknown]>([
    ['bounds', { type: 'integer', minimum: 3 }, 3, 2],
    ['tuples of draft 2020-12', { prefixItems: [{ type: 'string' }], items: false }, ['a'], ['a', 1]],
    ['tuples of draft-07 without its name', { items: [{ type: 'string' }], additionalItems: false }, ['a'], ['a', 1]],
    [
      'definitions of draft-07',
      { $schema: 'http://json-schema.org/draft-07/schema#', $ref: '#/definitions/x', definitions: { x: { const: 1 } } },
      1,
      2,
    ],
    ['definitions without a dialect', { $ref: '#/definitions/x', definitions: { x: { const: 1 } } }, 1, 2],
    [
      'recursion',
      { $ref: '#/$defs/n', $defs: { n: { properties: { next: { $ref: '#/$defs/n' } }, required: ['v'] } } },
      { v: 1, next: { v: 2 } },
      { v: 1, next: {} },
    ],
    ['formats', { format: 'email' }, 'a@b.example', 'a'],
    ['times, with and without an offset', { items: { format: 'time' } }, ['10:00:00', '10:00:00Z'], ['25:00:00']],
    ['patterns that only an older mode takes', { pattern: '^\\_\\@$' }, '_@', 'x'],
    ['patterns by characters', { pattern: '^.$' }, '🎈', 'ab'],
    ['nullable beside a type', { type: 'string', nullable: true }, null, 1],
    [
      'references that are said to be nullable',
      { properties: { a: { $ref: '#/$defs/x', nullable: true } }, $defs: { x: { type: 'string' } } },
      { a: 'x' },
      { a: 1 },
    ],
    ['what else there is of $async', { $async: true, type: 'string' }, 'a', 1],
    ['nothing of unknown keywords and formats', { 'x-a': 1, format: 'x', type: 'string' }, 'a', 1],
  ])('%s', (_, schema, good, bad) => {
    expect(check(schema, good)).toBeUndefined()
    expect(check(schema, bad)).toEqual(expect.any(String))
  })
})

it('a schema of thousands of parts is compiled in little time', () => {
  const names = Array.from({ length: 3000 }, (_, index) => `p${index}`)
  const began = performance.now()
  const compiled = compileSchema({
    properties: Object.fromEntries(names.map((name) => [name, { type: 'string' }])),
    required: names,
  })
  expect('check' in compiled && compiled.check({ p0: 'x' })).toBe("the value must have required property 'p1'")
  expect(performance.now() - began).toBeLessThan(3000)
})

it('an id of one schema is not known to the next', () => {
  const inner = { $id: 'https://example.com/inner', const: 1 }
  expect(check({ $id: 'https://example.com/a', $defs: { inner }, $ref: 'inner' }, 1)).toBeUndefined()
  expect(check({ $id: 'https://example.com/a', type: 'string' }, 'x')).toBeUndefined()
  expect(faultOf({ $ref: 'https://example.com/inner' }).place).toBe('$ref')
})

it('the message says where a value goes wrong', () => {
  const schema = { properties: { age: { type: 'integer' } } }
  expect(check(schema, { age: 'x' })).toBe('/age must be integer')
  expect(check({ type: 'object' }, 1)).toBe('the value must be object')
})
