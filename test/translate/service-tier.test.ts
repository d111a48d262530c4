import { expect, it } from 'vitest'
import { answeredServiceTier } from '../../src/translate/service-tier.ts'
import { chatRequest } from './fixtures.ts'

it.each([
  [{}, undefined],
  [{ service_tier: null }, undefined],
  [{ service_tier: 'auto' }, 'default'],
  [{ service_tier: 'priority' }, 'default'],
])('answers %j with %s', (parameters, tier) => {
  expect(answeredServiceTier(chatRequest(parameters))).toBe(tier)
})
