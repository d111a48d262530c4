import { expect, test } from 'vitest'
import { createSchemaCompiler } from '../../src/json-schema/compile-schema.ts'
import { createChecks } from '../../src/json-schema/schema-checks.ts'

function createCountingChecks() {
  const compile = createSchemaCompiler()
  let compiled = 0
  const check = createChecks((schema) => {
    compiled += 1
    return compile(schema)
  })
  return {
    /** @returns whether it had to be compiled */
    ask: (key: string, schema: object = { const: key }): boolean => {
      const before = compiled
      expect(check({ key, schema: JSON.stringify(schema) })).toEqual({ type: 'fits' })
      return compiled > before
    },
  }
}

test('a hundred are kept, those that were used last', () => {
  const { ask } = createCountingChecks()
  for (let n = 0; n < 100; n += 1) expect(ask(`s${n}`)).toBe(true)
  expect(ask('s0')).toBe(false)
  expect(ask('s100')).toBe(true)
  expect(ask('s0')).toBe(false)
  expect(ask('s1')).toBe(true)
})

test('so many characters of them are kept, whatever their number', () => {
  const { ask } = createCountingChecks()
  const large = (name: string) => ({ description: name.repeat(900_000) })
  for (const name of ['a', 'b', 'c']) expect(ask(name, large(name))).toBe(true)
  expect(ask('c', large('c'))).toBe(false)
  expect(ask('b', large('b'))).toBe(false)
  expect(ask('a', large('a'))).toBe(true)
})
