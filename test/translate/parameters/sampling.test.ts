import { expect, it } from 'vitest'
import type { Dropped } from '../../../src/translate/parameters/fates.ts'
import { sampling } from '../../../src/translate/parameters/sampling.ts'

const namesOf = <T extends { readonly ignored: readonly Dropped[] }>({ ignored, ...rest }: T) => ({
  ...rest,
  ignored: ignored.map(({ name }) => name),
})
const asked = (taken: 'none' | 'one' | 'both', given: Parameters<typeof sampling>[0]) =>
  namesOf(sampling(given, { sampling: taken }))

it.each([
  [{}],
  [{ temperature: 1, top_p: 1, top_k: 0 }],
  [{ temperature: 1.7 }],
  [{ temperature: null, top_p: null, top_k: null }],
])('asks for nothing by %j', (given) => {
  for (const taken of ['none', 'one', 'both'] as const) expect(asked(taken, given)).toEqual({ ignored: [] })
})

it.each([
  [{ temperature: 0 }, { temperature: 0 }, []],
  [{ top_p: 0, top_k: 5 }, { topK: 5 }, ['top_p']],
  [{ top_k: 5, temperature: 0.5 }, { temperature: 0.5, topK: 5 }, []],
  [{ temperature: 0.3, top_p: 0.9 }, { temperature: 0.3 }, ['top_p']],
])('hands %j on as %j to a model that takes one of temperature and top_p', (given, wanted, ignored) => {
  expect(asked('one', given)).toEqual({ sampling: wanted, ignored })
})

it('drops top_p alone too, next to which Claude Code sends a temperature', () => {
  expect(asked('one', { top_p: 0.2 })).toEqual({ ignored: ['top_p'] })
  expect(asked('both', { top_p: 0 })).toEqual({ sampling: { topP: 0 }, ignored: [] })
})

it('hands both on to a model that takes both', () => {
  const given = { temperature: 0.3, top_p: 0.9 }
  expect(asked('both', given)).toEqual({ sampling: { temperature: 0.3, topP: 0.9 }, ignored: [] })
})

it('drops and names all with a model that takes none', () => {
  const given = { temperature: 0, top_p: 0.9, top_k: 1 }
  expect(asked('none', given)).toEqual({ ignored: ['temperature', 'top_p', 'top_k'] })
})

it.each([
  ['high', { ignored: ['temperature'] }],
  ['minimal', { ignored: ['temperature'] }],
  ['none', { sampling: { temperature: 0 }, ignored: [] }],
  [null, { sampling: { temperature: 0 }, ignored: [] }],
] as const)('goes behind a wish for the effort %s', (reasoning_effort, wanted) => {
  expect(asked('both', { temperature: 0, reasoning_effort })).toEqual(wanted)
})

it.each([
  ['none', {}, 'The model takes no sampling parameters.'],
  ['both', { reasoning_effort: 'low' }, 'The model takes it only without thinking, which reasoning_effort asks for.'],
  ['one', {}, 'The model takes it only without a temperature, and Claude Code always sends one.'],
] as const)('says why top_p is dropped: %s, %j', (taken, given, why) => {
  expect(sampling({ top_p: 0.5, ...given }, { sampling: taken }).ignored.at(-1)).toEqual({ name: 'top_p', why })
})
