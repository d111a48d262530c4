import { expect, it } from 'vitest'
import { answeredServiceTier } from '../../../src/translate/parameters/service-tier.ts'
import { askingOf, chatRequest } from '../fixtures.ts'

it.each([
  [{}, undefined, undefined],
  [{ service_tier: null }, 'priority', undefined],
  [{ service_tier: 'auto' }, undefined, 'default'],
  [{ service_tier: 'auto' }, 'priority', 'priority'],
  [{ service_tier: 'flex' }, 'standard', 'default'],
] as const)('answers %j, served by %s, with %s', (parameters, served, tier) => {
  expect(answeredServiceTier(chatRequest(parameters), served)).toBe(tier)
})

it.each(['auto', 'flex', 'scale', 'priority', 'fast', null])(
  'leaves the choice to the model API for %s',
  (service_tier) => {
    expect(askingOf({ service_tier }).turn).not.toHaveProperty('serviceTier')
  },
)

it('asks for standard capacity alone, and says so where that cannot be asked for', () => {
  expect(askingOf({ service_tier: 'default' }).turn.serviceTier).toBe('standard')
  const refused = askingOf({ service_tier: 'default' }, { refused: ['service_tier'] })
  expect(refused.turn).not.toHaveProperty('serviceTier')
  expect(refused.ignored.map(({ name }) => name)).toEqual(['service_tier'])
})
