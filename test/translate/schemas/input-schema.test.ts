import { Ajv2020 } from 'ajv/dist/2020.js'
import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { ApiError } from '../../../src/errors.ts'
import { createInputSchemaReader } from '../../../src/translate/schemas/input-schema.ts'
import { refusalOf } from '../fixtures.ts'

const place = { name: 'f', param: 'tools[0].function.parameters' }
const of = (parameters: Readonly<Record<string, unknown>>) => createInputSchemaReader()(parameters, place)
const string = { type: 'string' }
const number = { type: 'number' }

describe('a schema whose top level is plain', () => {
  it('stays as it is, key by key', () => {
    const schema = {
      properties: { b: { anyOf: [string, number] }, a: { $ref: '#/$defs/d' } },
      $defs: { d: {} },
      type: 'object',
      minProperties: 1,
    }
    expect(JSON.stringify(of(schema))).toBe(JSON.stringify(schema))
  })

  it.each([[{ properties: { a: string } }], [{ type: ['object', 'null'], properties: { a: string } }]])(
    'is said to be an object: %j',
    (schema) => {
      expect(of(schema)).toEqual({ type: 'object', properties: { a: string } })
    },
  )
})

describe('a schema whose top level the model API does not take', () => {
  const a = {
    type: 'object',
    properties: { kind: { const: 'a' }, x: string },
    required: ['kind', 'x'],
    additionalProperties: false,
  }
  const b = {
    type: 'object',
    properties: { kind: { const: 'b' }, x: string },
    required: ['kind'],
    additionalProperties: false,
  }

  it.each(['anyOf', 'oneOf'])(
    'of alternatives (%s) takes the properties of all, and requires what all require',
    (keyword) => {
      expect(of({ [keyword]: [a, b] })).toEqual({
        type: 'object',
        properties: { kind: { anyOf: [{ const: 'a' }, { const: 'b' }] }, x: string },
        required: ['kind'],
        additionalProperties: false,
      })
    },
  )

  it('of parts (allOf) takes all of each', () => {
    expect(
      of({
        allOf: [
          { properties: { x: string }, required: ['x'] },
          { properties: { x: { minLength: 1 }, y: number }, required: ['y'] },
        ],
      }),
    ).toEqual({
      type: 'object',
      properties: { x: { allOf: [string, { minLength: 1 }] }, y: number },
      required: ['x', 'y'],
    })
  })

  it('keeps its own properties beside alternatives that only differ in what they require', () => {
    const properties = { id: string, name: string, n: number }
    const schema = {
      type: 'object',
      description: 'One of both.',
      properties,
      required: ['n'],
      anyOf: [{ required: ['id'] }, { required: ['name'] }],
    }
    expect(of(schema)).toEqual({ type: 'object', description: 'One of both.', properties, required: ['n'] })
  })

  it('that is a reference is what it points at, and keeps the definitions', () => {
    const definitions = {
      'a/b': { type: 'object', description: 'An A.', properties: { x: { $ref: '#/definitions/c' } }, required: ['x'] },
      c: string,
    }
    expect(of({ $ref: '#/definitions/a~1b', definitions })).toEqual({ ...definitions['a/b'], definitions })
  })

  it('does not count alternatives that are no object', () => {
    expect(of({ anyOf: [{ type: 'null' }, false, string, b] })).toEqual(b)
  })
})

describe('a schema that no object fits is refused', () => {
  it.each<[Readonly<Record<string, unknown>>]>([
    [{ type: 'string' }],
    [{ type: ['string', 'null'] }],
    [{ type: 3 }],
    [{ anyOf: [string, { type: 'null' }] }],
    [{ anyOf: [] }],
    [{ allOf: [{ type: 'object' }, string] }],
    [{ $ref: '#/definitions/none' }],
    [{ $ref: 'https://example.com/schema.json' }],
    [{ $ref: '#' }],
    [{ $ref: '#/$defs/a', $defs: { a: { $ref: '#/$defs/b' }, b: { $ref: '#/$defs/a' } } }],
  ])('%j', (schema) => {
    const error = refusalOf(() => of(schema))
    expect(error).toMatchObject({ code: 'invalid_function_parameters', param: place.param })
    expect(error.message).toMatch(/^Invalid schema for function 'f': /)
  })

  it("in OpenAI's words", () => {
    expect(refusalOf(() => of({ type: 'string' })).message).toBe(
      `Invalid schema for function 'f': schema must be a JSON Schema of 'type: "object"', got 'type: "string"'.`,
    )
  })

  it('soon, where references make it endless', () => {
    const $defs = Object.fromEntries(
      Array.from({ length: 60 }, (_, i) => {
        const next = { $ref: `#/$defs/d${i + 1}` }
        return [`d${i}`, { allOf: [next, next], properties: { [`p${i}`]: { description: 'x'.repeat(5000) } } }]
      }),
    )
    const begin = performance.now()
    expect(() => of({ $ref: '#/$defs/d0', $defs: { ...$defs, d60: {} } })).toThrow(ApiError)
    expect(performance.now() - begin).toBeLessThan(3000)
  })
})

describe('what is looked at of a small schema', () => {
  const many = <T>(count: number, make: (at: number) => T): Record<string, T> =>
    Object.fromEntries(Array.from({ length: count }, (_, at) => [`p${at}`, make(at)]))
  const pair = (at: number) => [{ $ref: `#/$defs/p${at + 1}` }, { $ref: `#/$defs/p${at + 1}` }]

  it.each<[string, Record<string, unknown>]>([
    ['references that double', { $defs: { ...many(40, (at) => ({ anyOf: pair(at) })), p40: {} }, $ref: '#/$defs/p0' }],
    ['many properties again and again', { $defs: { d: { properties: many(45_000, () => true) } } }],
    ['many keywords again and again', { $defs: { d: many(45_000, () => 1) } }],
  ])('is bounded: %s', (_, schema) => {
    const anyOf = Array.from({ length: 10_000 }, () => ({ $ref: '#/$defs/d' }))
    const began = process.cpuUsage()
    expect(() => of('$ref' in schema ? schema : { ...schema, anyOf })).toThrow(ApiError)
    // Of the processor, in microseconds.
    expect(process.cpuUsage(began).user).toBeLessThan(200_000)
  })
})

describe('whatever the alternatives, where each names all properties', () => {
  const leaf = fc.constantFrom<object>({}, string, number, { const: 1 }, { enum: ['a', null] })
  const properties = fc.record({ a: leaf, b: leaf, c: leaf })
  const required = fc.uniqueArray(fc.constantFrom('a', 'b', 'c'))
  const plain = fc.record({ type: fc.constant('object'), properties, required }, { requiredKeys: ['properties'] })
  const branches = fc.array(fc.oneof(plain, fc.constant({ type: 'null' }), fc.constant({ $ref: '#/$defs/d' })), {
    minLength: 1,
    maxLength: 3,
  })
  const schemas = fc
    .tuple(
      plain,
      fc.record({ anyOf: branches, oneOf: branches, allOf: fc.array(plain, { minLength: 1 }) }, { requiredKeys: [] }),
      plain,
    )
    .map(([own, combined, d]) => ({ ...own, ...combined, $defs: { d } }))
  const objects = fc.dictionary(fc.constantFrom('a', 'b', 'c'), fc.constantFrom<unknown>('a', 1, null, 'z', 2.5, {}))

  it('all arguments that fit it fit what the model is told', () => {
    const ajv = new Ajv2020({ strict: false })
    fc.assert(
      fc.property(schemas, fc.array(objects, { minLength: 10, maxLength: 10 }), (schema, values) => {
        const fits = ajv.compile(schema)
        const matching = values.filter((value) => fits(value))
        try {
          const told = of(schema)
          expect(told['type']).toBe('object')
          for (const keyword of ['anyOf', 'oneOf', 'allOf', '$ref']) expect(told).not.toHaveProperty(keyword)
          const fitsTold = ajv.compile(told)
          for (const value of matching) expect(fitsTold(value)).toBe(true)
        } catch (error) {
          if (!(error instanceof ApiError)) throw error
          expect(matching).toEqual([])
        }
      }),
      { numRuns: 60 },
    )
  })
})
