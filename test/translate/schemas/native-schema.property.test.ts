import fc from 'fast-check'
import { expect, it } from 'vitest'
import { validateSchema } from '../../../src/demo/validate-schema.ts'
import { createSchemaCompiler } from '../../../src/json-schema/compile-schema.ts'
import { createSchemaAllowance, toNativeSchema } from '../../../src/translate/schemas/native-schema.ts'
import type { JsonObject } from '../../../src/turn/json.ts'

const name = fc.constantFrom('a', 'b', 'c/d', '__proto__', '$ref')
const reference = fc.constantFrom('#/$defs/x', '#/$defs/y', '#/definitions/x', '#/properties/a', '#', '#/$defs/none')

const { schema } = fc.letrec<{ schema: JsonObject }>((tie) => {
  const inner = tie('schema')
  const properties = fc.dictionary(name, inner, { maxKeys: 3 })
  const scalar = fc.record(
    {
      type: fc.constantFrom('string', 'integer', 'boolean', 'null', ['string', 'null']),
      description: fc.constantFrom('D', ''),
      minimum: fc.integer(),
      maxLength: fc.nat(9),
      pattern: fc.constantFrom('^a', 'b+'),
      format: fc.constantFrom('date', 'regex'),
      nullable: fc.boolean(),
    },
    { requiredKeys: ['type'] },
  )
  const object = properties.chain((known) =>
    fc.record(
      {
        type: fc.constantFrom('object', ['object', 'null']),
        properties: fc.constant(known),
        required: fc.subarray(Object.keys(known)),
        additionalProperties: fc.constantFrom(true, false, { type: 'string' }),
        minProperties: fc.nat(3),
        patternProperties: fc.constant({}),
      },
      { requiredKeys: ['type', 'properties'] },
    ),
  )
  const array = fc.record(
    { type: fc.constant('array'), items: inner, minItems: fc.nat(3), uniqueItems: fc.boolean() },
    { requiredKeys: ['type'] },
  )
  const branches = fc.array(inner, { minLength: 1, maxLength: 3 })
  const combined = fc.oneof(
    fc.record({ anyOf: branches }),
    fc.record({ oneOf: branches, description: fc.constant('D') }),
    fc.record({ allOf: branches }),
    fc.record({ $ref: reference, description: fc.constant('D') }, { requiredKeys: ['$ref'] }),
    fc.record({ enum: fc.array(fc.oneof(fc.integer(), fc.string(), fc.constant(null)), { minLength: 1 }) }),
  )
  return { schema: fc.oneof({ depthSize: 'small' }, scalar, object, array, combined) }
})
const whole = fc
  .tuple(schema, fc.dictionary(fc.constantFrom('x', 'y'), schema), fc.dictionary(fc.constant('x'), schema))
  .map(([root, $defs, definitions]): JsonObject => ({ ...root, $defs, definitions }))

it('any schema becomes one that the model API takes, or none', () => {
  const compileSchema = createSchemaCompiler()
  let expressible = 0
  fc.assert(
    fc.property(whole, (given) => {
      const native = toNativeSchema(given, createSchemaAllowance())
      if (native === undefined) return
      expressible += 1
      expect(validateSchema(native, 'schema')).toBeUndefined()
      expect(compileSchema(native)).toHaveProperty('check')
    }),
    { numRuns: 300 },
  )
  expect(expressible).toBeGreaterThan(20)
})
