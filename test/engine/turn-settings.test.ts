import { expect, it } from 'vitest'
import { BASELINE, type KnownModel, settingsFor, UNKNOWN_MODEL } from '../../src/engine/turn-settings.ts'
import type { Turn } from '../../src/turn/turn.ts'

const turn: Turn = { id: 'r', principal: { id: 'p' }, model: 'm', conversation: [] }
const thinker: KnownModel = { efforts: ['low', 'high'], capabilities: { thinkingCanBeOff: false } }

it('changes nothing for a turn that asks for nothing', () => {
  expect(settingsFor(turn, thinker)).toEqual(BASELINE)
})

it('hands effort and limit on', () => {
  expect(settingsFor({ ...turn, effort: 'high', maxOutputTokens: 9000 }, thinker)).toEqual({
    ...BASELINE,
    effort: 'high',
    thinking: null,
    maxOutputTokens: 9000,
  })
})

it('turns thinking off and leaves the effort alone where the model can do without', () => {
  const model = { ...thinker, capabilities: { thinkingCanBeOff: true } }
  expect(settingsFor({ ...turn, thinking: 'off' }, model)).toMatchObject({ effort: null, thinking: 'off' })
})

it('takes the lowest effort where the model cannot do without thinking', () => {
  expect(settingsFor({ ...turn, thinking: 'off' }, thinker)).toMatchObject({ effort: 'low', thinking: 'off' })
})

it('takes the lowest effort also of a model that cannot do without thinking and is not on the live list', () => {
  const model = { efforts: [], capabilities: { thinkingCanBeOff: false } }
  expect(settingsFor({ ...turn, thinking: 'off' }, model)).toMatchObject({ effort: 'low', thinking: 'off' })
})

it.each([
  ['xhigh', 'high'],
  ['max', 'high'],
  ['medium', 'medium'],
  [undefined, 'high'],
] as const)('without thinking takes no effort above high: %s becomes %s', (effort, expected) => {
  const change = effort === undefined ? {} : { effort }
  const settings = settingsFor({ ...turn, ...change, sampling: { temperature: 0 } }, UNKNOWN_MODEL)
  expect(settings).toMatchObject({ effort: expected, thinking: 'off' })
})

it('leaves thinking on however small the limit where the model decides how much, and effort was asked for', () => {
  const change = { effort: 'high', maxOutputTokens: 500 } as const
  expect(settingsFor({ ...turn, ...change }, thinker)).toMatchObject({ effort: 'high', thinking: null })
})

it('turns thinking off below the smallest budget, which a limit has to exceed', () => {
  expect(settingsFor({ ...turn, effort: 'high', maxOutputTokens: 1024 }, UNKNOWN_MODEL)).toMatchObject({
    effort: 'high',
    thinking: 'off',
  })
})

it.each([
  [{ maxOutputTokens: 5000 }, 2500],
  [{ maxOutputTokens: 1500, effort: 'high' }, 1024],
  [{ effort: 'low' }, 2048],
  [{ effort: 'medium', maxOutputTokens: 64_000 }, 8192],
  // More than such a model writes at all.
  [{ maxOutputTokens: 200_000 }, 31_999],
  [{ effort: 'high' }, null],
  [{}, null],
] as const)(
  'gives a model that is not on the live list a thinking budget that leaves room for the answer: %o',
  (change, thinking) => {
    expect(settingsFor({ ...turn, ...change }, UNKNOWN_MODEL).thinking).toBe(thinking)
  },
)
