import { afterAll, beforeAll, expect, it } from 'vitest'
import type { SchemaValidator } from '../../src/json-schema/schema-validator.ts'
import type { JsonObject } from '../../src/turn/json.ts'
import { createTestSchemas } from '../support/schemas.ts'

let validator: SchemaValidator
beforeAll(() => {
  validator = createTestSchemas({ compileMs: 500, checkMs: 250 })
})
afterAll(() => validator.close())

const PERSON: JsonObject = { type: 'object', properties: { age: { type: 'integer' } }, required: ['age'] }

it('a schema and answers to it are checked', async () => {
  expect(await validator.check(PERSON)).toBeUndefined()
  expect(await validator.validate(PERSON, '{"age":3}')).toEqual({ type: 'fits' })
  expect(await validator.validate(PERSON, '{"age":"x"}')).toEqual({ type: 'misfit', message: '/age must be integer' })
  expect(await validator.validate(PERSON, '{"age":')).toEqual({ type: 'misfit', message: 'the answer is not JSON' })
})

it('a bad schema is named with its place, also the second time', async () => {
  const bad: JsonObject = { properties: { a: { type: 'strin' } } }
  const fault = { message: expect.stringMatching(/allowed values/), place: ['properties', 'a', 'type'] }
  expect(await validator.check(bad)).toEqual(fault)
  expect(await validator.check(bad)).toEqual(fault)
})

it('one of more than a million characters is refused without being looked at', async () => {
  const long = (length: number): JsonObject => ({ description: 'x'.repeat(length - '{"description":""}'.length) })
  expect(await validator.check(long(1_000_000))).toBeUndefined()
  // It would be refused by a thread as well, for its type.
  expect(await validator.check({ ...long(1_000_001), type: 'no type' })).toEqual({
    message: 'it is too large',
    place: [],
  })
})

it('many checks at once are all answered', async () => {
  const schemas = Array.from({ length: 12 }, (_, index): JsonObject => ({ const: index }))
  const verdicts = await Promise.all(schemas.map((schema, index) => validator.validate(schema, `${index}`)))
  expect(new Set(verdicts.map(({ type }) => type))).toEqual(new Set(['fits']))
})

it('a pattern without an end holds up neither the server nor other checks', async () => {
  const slow = validator.validate({ pattern: '^(a+)+$' }, `"${'a'.repeat(60)}!"`)
  let isOver = false
  void slow.then(() => (isOver = true))
  let ticks = 0
  const timer = setInterval(() => (ticks += 1), 5)
  expect(await validator.validate(PERSON, '{"age":3}')).toEqual({ type: 'fits' })
  expect(isOver).toBe(false)
  expect(await slow).toEqual({ type: 'endless' })
  clearInterval(timer)
  expect(ticks).toBeGreaterThan(20)
  expect(await validator.validate(PERSON, '{"age":4}')).toEqual({ type: 'fits' })
})

it('references that double at every step, and those that lead back to themselves, end', async () => {
  const doubling = Object.fromEntries(
    Array.from({ length: 40 }, (_, index) => {
      const next = { $ref: `#/$defs/n${index + 1}` }
      return [`n${index}`, { anyOf: [next, next] }]
    }),
  )
  const bomb: JsonObject = { $ref: '#/$defs/n0', $defs: { ...doubling, n40: { type: 'string' } } }
  const loop: JsonObject = { $ref: '#' }
  expect(await validator.check(bomb)).toBeUndefined()
  expect(await validator.check(loop)).toBeUndefined()
  expect(await Promise.all([validator.validate(bomb, '1'), validator.validate(loop, '1')])).toEqual([
    { type: 'endless' },
    { type: 'endless' },
  ])
})

it('what was closed takes no more checks', async () => {
  const closed = createTestSchemas()
  await closed.close()
  await expect(closed.check(PERSON)).rejects.toThrow(/closed/)
})
