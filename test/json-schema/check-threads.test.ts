import { setMaxListeners } from 'node:events'
import { afterAll, beforeAll, expect, it } from 'vitest'
import type { SchemaValidator } from '../../src/json-schema/schema-validator.ts'
import { createTestSchemas } from '../support/schemas.ts'

let validator: SchemaValidator
beforeAll(async () => {
  validator = createTestSchemas({ compileMs: 300, checkMs: 0 })
  await Promise.all([validator.check({}), validator.check({ type: 'null' })])
})
afterAll(() => validator.close())

/** Takes a thread until it is ended. */
function endless(principalId: string, at = new AbortController().signal): Promise<string> {
  const answer = `"${'a'.repeat(60)}!"`
  return validator.validate({ pattern: '^(a+)+$' }, answer, { principalId, signal: at }).then(
    ({ type }) => type,
    (error: unknown) => String(error),
  )
}

it('who waits for a check goes before the next check of somebody whose check runs', async () => {
  const ended: string[] = []
  const checks = Array.from({ length: 6 }, () => endless('busy').then(() => ended.push('busy')))
  const other = validator
    .check({ const: 'other' }, { principalId: 'other', signal: new AbortController().signal })
    .then(() => ended.push('other'))
  await Promise.all([...checks, other])
  expect(ended.indexOf('other')).toBeLessThan(5)
})

it('whoever leaves waits no longer, and his check never begins', async () => {
  const running = [endless('busy'), endless('busy')]
  const leaving = new AbortController()
  setMaxListeners(0, leaving.signal)
  const left = Array.from({ length: 20 }, () => endless('busy', leaving.signal))
  leaving.abort(new Error('gone'))
  expect(new Set(await Promise.all(left))).toEqual(new Set(['Error: gone']))
  await Promise.all(running)
  expect(await validator.check({ const: 'next' })).toBeUndefined()
})

it('so many wait and no more', async () => {
  const leaving = new AbortController()
  setMaxListeners(0, leaving.signal)
  const waiting = Array.from({ length: 102 }, () => endless('busy', leaving.signal))
  await expect(validator.check({ const: 'one too many' })).rejects.toMatchObject({ kind: 'queue_full' })
  leaving.abort(new Error('gone'))
  await Promise.all(waiting)
})

it('of a fault only the beginning of long words is kept', async () => {
  const fault = await validator.check({ properties: { ['k'.repeat(100_000)]: { type: 'strin' } } })
  expect(fault?.place[1]?.length).toBe(500)
})
