import { Ajv } from 'ajv'
import { describe, expect, it } from 'vitest'
import { sampleOfPattern } from '../../src/demo/sample-of-pattern.ts'
import { sampleOfSchema } from '../../src/demo/sample-of-schema.ts'

describe('a sample fits its schema', () => {
  it.each([
    [{}],
    [{ type: 'integer', minimum: 3, multipleOf: 5 }],
    [{ type: 'number', exclusiveMinimum: 0, exclusiveMaximum: 1 }],
    [{ type: 'integer', maximum: -4 }],
    [{ type: 'string', minLength: 9, maxLength: 9 }],
    [{ type: 'string', maxLength: 1 }],
    [{ type: 'array', minItems: 3, items: { type: 'boolean' } }],
    [{ type: 'array', minItems: 2, items: [{ type: 'boolean' }, { type: 'integer' }] }],
    [{ allOf: [{ type: 'object', required: ['a'], properties: { a: { type: 'null' } } }, { required: ['b'] }] }],
    [{ type: 'object', required: ['anything'] }],
    [{ oneOf: [{ type: 'object', required: ['x'], properties: { x: { const: 1 } } }, { type: 'null' }] }],
    [{ type: 'object', properties: { next: { $ref: '#' } } }],
    [{ $ref: '#/definitions/a', definitions: { a: { enum: [3] } } }],
    [{ type: 'string', default: 'given' }],
  ])('%j', (schema) => {
    const validate = new Ajv({ strict: false }).compile(schema)
    validate(sampleOfSchema(schema))
    expect(validate.errors).toBeNull()
  })

  it('a schema that requires itself comes to an end', () => {
    expect(() =>
      sampleOfSchema({ type: 'object', properties: { next: { $ref: '#' } }, required: ['next'] }),
    ).not.toThrow()
  })
})

it.each([
  ['minimum 3, maximum 3', 'integer', 3],
  ['An age (greater than -2, less than 0)', 'integer', -1],
  ['greater than 1e-7, multiple of 0.5', 'number', 1.5],
  ['at least 6 characters', 'string', 'demo--'],
  ['A code (matches /^[A-Z]{2}$/, at most 2 characters)', 'string', 'AA'],
  ['format email', 'string', 'demo@example.com'],
  ['format date, matches /^2\\d{3}-01/', 'string', '2026-01-01'],
  ['at least 2 items, no item twice', 'array', ['demo', 'demo-2']],
])('limits in words count: %s', (description, type, sample) => {
  expect(sampleOfSchema({ type, description })).toEqual(sample)
})

describe('a sample of a pattern matches it', () => {
  it.each([
    '^\\d{3}-\\d{4}$',
    '^[a-z]+@[a-z]+\\.(com|org)$',
    '^(?:abc|def)?x{2,}$',
    '^[^a]$',
    '^\\w+\\s?$',
    '^#[0-9a-fA-F]{6}$',
    'a|b',
    '^$',
  ])('%s', (pattern) => {
    expect(sampleOfPattern(pattern)).toMatch(new RegExp(pattern))
  })

  it('a pattern that cannot be read gives a plain word', () => {
    expect(sampleOfPattern('[')).toBe('demo')
  })
})
