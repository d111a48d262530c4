import { describe, expect, it } from 'vitest'
import { createSchemaAllowance, toNativeSchema } from '../../../src/translate/schemas/native-schema.ts'
import type { JsonObject } from '../../../src/turn/json.ts'
import { validateSchema } from '../../../src/demo/validate-schema.ts'

/** As the caller wrote it, so also with what no schema holds. */
const native = (schema: JsonObject) => toNativeSchema(schema, createSchemaAllowance())
const object = (properties: JsonObject, rest: JsonObject = {}): JsonObject => ({
  type: 'object',
  properties,
  required: Object.keys(properties),
  additionalProperties: false,
  ...rest,
})
const TEXT = { type: 'string' }

describe('a keyword', () => {
  it.each<[what: string, schema: JsonObject, expected: JsonObject]>([
    [
      'bounds become words',
      { type: 'integer', minimum: 3, maximum: 10 },
      { type: 'integer', description: 'minimum 3, maximum 10' },
    ],
    [
      'open bounds and steps become words',
      { type: 'number', exclusiveMinimum: 0, exclusiveMaximum: 1.5, multipleOf: 0.5 },
      { type: 'number', description: 'greater than 0, less than 1.5, multiple of 0.5' },
    ],
    [
      'words follow the description',
      { type: 'string', description: 'A code', pattern: '^[A-Z]+$', minLength: 2, maxLength: 3 },
      { type: 'string', description: 'A code (matches /^[A-Z]+$/, at least 2 characters, at most 3 characters)' },
    ],
    [
      'a format stays where it is known',
      { type: 'string', format: 'date-time' },
      { type: 'string', format: 'date-time' },
    ],
    [
      'another format becomes words',
      { type: 'string', format: 'regex' },
      { type: 'string', description: 'format regex' },
    ],
    [
      'default and examples become words',
      { type: 'string', default: 'a', examples: ['b'] },
      { type: 'string', description: 'default: "a", for example: ["b"]' },
    ],
    [
      'title stays, notes go',
      { type: 'string', title: 'T', $comment: 'x', deprecated: true, 'x-y': 1 },
      { type: 'string', title: 'T' },
    ],
    [
      'one item at least stays',
      { type: 'array', items: TEXT, minItems: 1 },
      { type: 'array', items: TEXT, minItems: 1 },
    ],
    [
      'other lengths of lists become words',
      { type: 'array', items: TEXT, minItems: 2, maxItems: 3, uniqueItems: true },
      { type: 'array', items: TEXT, description: 'at least 2 items, at most 3 items, no item twice' },
    ],
    ['enum stays with its type', { type: 'string', enum: ['a', 'b'] }, { type: 'string', enum: ['a', 'b'] }],
    [
      'enum stays without a type that does not fit',
      { type: ['string', 'null'], enum: ['a', null] },
      { enum: ['a', null] },
    ],
    ['const stays', { type: 'string', const: 'a', description: 'D' }, { type: 'string', const: 'a', description: 'D' }],
    ['const null stays', { const: null }, { const: null }],
    [
      'types of which one is enough stay',
      { type: ['string', 'null'], maxLength: 3 },
      { type: ['string', 'null'], description: 'at most 3 characters' },
    ],
    ['nullable is one of the types', { type: 'string', nullable: true }, { type: ['string', 'null'] }],
    [
      'a list of types with an object becomes a choice',
      { type: ['object', 'null'], description: 'D', properties: { a: TEXT }, required: ['a'] },
      { anyOf: [object({ a: TEXT }), { type: 'null' }], description: 'D' },
    ],
    [
      'oneOf becomes anyOf',
      { oneOf: [TEXT, { type: 'null' }], description: 'D' },
      { anyOf: [TEXT, { type: 'null' }], description: 'D' },
    ],
    [
      'a type beside a choice goes into it',
      { type: 'string', anyOf: [{ format: 'date' }, { const: 'now' }] },
      { anyOf: [{ type: 'string', format: 'date' }, { const: 'now' }] },
    ],
    [
      'objects are closed',
      { type: 'object', properties: { a: TEXT } },
      { type: 'object', properties: { a: TEXT }, additionalProperties: false },
    ],
    [
      'objects that say they are open are closed',
      object({ a: TEXT }, { additionalProperties: true }),
      object({ a: TEXT }),
    ],
    ['an object without a type is one', { properties: { a: TEXT }, required: ['a'] }, object({ a: TEXT })],
    [
      'an empty object stays',
      { type: 'object', additionalProperties: false },
      { type: 'object', properties: {}, additionalProperties: false },
    ],
    [
      'numbers of properties become words',
      object({ a: TEXT }, { minProperties: 1 }),
      object({ a: TEXT }, { description: 'at least 1 properties' }),
    ],
    [
      'what has no form becomes words',
      object({ a: TEXT }, { not: { const: 1 } }),
      object({ a: TEXT }, { description: 'not: {"const":1}' }),
    ],
    ['the dialect and the id of the whole go', { $schema: 'x', $id: 'https://example.com/a', type: 'string' }, TEXT],
  ])('%s', (_, schema, expected) => {
    expect(native(schema)).toEqual(expected)
    expect(validateSchema(expected, 'schema')).toBeUndefined()
  })
})

describe('a reference', () => {
  const $defs = { a: { type: 'string', minLength: 1 }, b: object({ x: { $ref: '#/$defs/a' } }), unused: true }
  it.each<[what: string, schema: JsonObject, expected: JsonObject]>([
    [
      'stays, with the definitions that are used',
      { ...object({ b: { $ref: '#/$defs/b' } }), $defs },
      {
        ...object({ b: { $ref: '#/$defs/b' } }),
        $defs: { a: { type: 'string', description: 'at least 1 characters' }, b: object({ x: { $ref: '#/$defs/a' } }) },
      },
    ],
    [
      'stays in the older form, and with an odd name',
      { $ref: '#/definitions/a~1b%20c', definitions: { 'a/b c': TEXT } },
      { $ref: '#/definitions/a~1b%20c', definitions: { 'a/b c': TEXT } },
    ],
    [
      'with a description is put in its place',
      { ...object({ x: { $ref: '#/$defs/a', description: 'D' } }), $defs },
      object({ x: { type: 'string', description: 'D (at least 1 characters)' } }),
    ],
    [
      'to a property is put in its place',
      object({ x: TEXT, y: { $ref: '#/properties/x' } }),
      object({ x: TEXT, y: TEXT }),
    ],
    [
      'with more beside it is merged',
      { ...object({ x: { $ref: '#/$defs/a', maxLength: 3 } }), $defs },
      object({ x: { type: 'string', description: 'at most 3 characters, at least 1 characters' } }),
    ],
    [
      'in an allOf is merged',
      { allOf: [{ $ref: '#/$defs/b' }, { properties: { y: TEXT }, required: ['y'] }], $defs },
      {
        ...object({ x: { $ref: '#/$defs/a' }, y: TEXT }),
        $defs: { a: { type: 'string', description: 'at least 1 characters' } },
      },
    ],
  ])('%s', (_, schema, expected) => {
    expect(native(schema)).toEqual(expected)
    expect(validateSchema(expected, 'schema')).toBeUndefined()
  })
})

describe('has no native form', () => {
  const tree = { n: object({ next: { anyOf: [{ $ref: '#/$defs/n' }, { type: 'null' }] } }) }
  const wide = (count: number, schema: JsonObject) =>
    Object.fromEntries(Array.from({ length: count }, (_, index) => [`p${index}`, schema]))
  it.each<[what: string, schema: JsonObject]>([
    ['recursion', { $ref: '#/$defs/n', $defs: tree }],
    ['recursion to the whole', object({ next: { $ref: '#' } })],
    ['recursion without an end', { $ref: '#/$defs/a', $defs: { a: { $ref: '#/$defs/a' } } }],
    ['recursion in an allOf', { allOf: [{ $ref: '#' }] }],
    ['a reference to elsewhere', { $ref: 'https://example.com/a' }],
    ['a reference to nothing', { $ref: '#/$defs/none' }],
    ['an id inside', object({ a: { $id: 'https://example.com/a', type: 'string' } })],
    ['a map', { type: 'object', additionalProperties: { type: 'string' } }],
    ['a map beside properties', object({ a: TEXT }, { additionalProperties: { type: 'string' } })],
    ['a map by patterns', object({ a: TEXT }, { patternProperties: { '^x': TEXT } })],
    ['any object', { type: 'object' }],
    ['a property that is needed and not described', { type: 'object', properties: { a: TEXT }, required: ['b'] }],
    ['a tuple', { type: 'array', prefixItems: [TEXT] }],
    ['a tuple of draft-07', { type: 'array', items: [TEXT] }],
    ['a list of anything', { type: 'array' }],
    ['anything', {}],
    ['anything inside', { type: 'object', properties: { a: true }, required: ['a'] }],
    ['choices of lists and objects', { enum: [{ a: 1 }] }],
    ['a choice beside properties', object({ a: TEXT }, { anyOf: [{ required: ['a'] }] })],
    ['parts that contradict', { allOf: [{ type: 'string' }, { type: 'integer' }] }],
    ['words without an end', { type: 'string', pattern: 'x'.repeat(3000) }],
    ['more optional properties than the model API takes', { type: 'object', properties: wide(25, TEXT) }],
    ['more choices than the model API takes', object(wide(17, { type: ['string', 'null'] }))],
  ])('%s', (_, schema) => {
    expect(native(schema)).toBeUndefined()
  })

  it('a schema that references blow up, and finding out takes no time', () => {
    const $defs = Object.fromEntries(
      Array.from({ length: 40 }, (_, index) => {
        const next = { $ref: `#/$defs/n${index + 1}`, description: 'D' }
        return [`n${index}`, object({ a: next, b: next })]
      }),
    )
    const began = performance.now()
    expect(native({ $ref: '#/$defs/n0', $defs: { ...$defs, n40: TEXT } })).toBeUndefined()
    expect(
      native({
        allOf: Array.from({ length: 40 }, () => ({ $ref: '#/$defs/x' })),
        $defs: {
          x: { allOf: Array.from({ length: 40 }, () => ({ $ref: '#/$defs/y' })) },
          y: { allOf: Array.from({ length: 40 }, () => TEXT) },
        },
      }),
    ).toBeUndefined()
    expect(performance.now() - began).toBeLessThan(2_000)
  })
})

it('all schemas of a request share what the model API allows, and one that does not fit takes nothing of it', () => {
  const allowance = createSchemaAllowance()
  const optional = (count: number): JsonObject => ({
    type: 'object',
    properties: Object.fromEntries(Array.from({ length: count }, (_, index) => [`p${index}`, TEXT])),
  })
  expect(toNativeSchema(optional(20), allowance)).toBeDefined()
  expect(toNativeSchema(optional(5), allowance)).toBeUndefined()
  expect(toNativeSchema(optional(4), allowance)).toBeDefined()
})
