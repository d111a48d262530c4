import { describe, expect, it } from 'vitest'
import { createEstimate, estimateUnknown } from '../../src/engine/estimate.ts'
import { createPrices } from '../../src/engine/prices.ts'
import { findModel, type Model } from '../../src/turn/model.ts'
import type { Turn } from '../../src/turn/turn.ts'
import { simpleTurn, user } from '../support/engine.ts'
import { MODELS } from '../support/fake-engine.ts'

const modelNamed = (name: string): Model | undefined => findModel(MODELS, name)
const prices = createPrices(modelNamed)
const estimate = createEstimate({ prices, modelNamed, hasEgress: true })

/** Tokens of input beyond those of a turn with an empty question. */
function inputOf(turn: Partial<Turn>): number {
  const empty = { ...simpleTurn(), conversation: [] }
  return estimate({ ...empty, ...turn }).inputTokens - estimate(empty).inputTokens
}

describe('the input of a turn', () => {
  it('is all priced as what is written to the cache', () => {
    const { inputTokens, inputUsd } = estimate(simpleTurn())
    expect(inputUsd).toBeCloseTo((inputTokens * 2.5) / 1e6, 12)
  })

  it('has what Claude Code adds, which is more without the egress and with functions', () => {
    const without = createEstimate({ prices, modelNamed, hasEgress: false })
    const turn = { ...simpleTurn(), conversation: [] }
    const toolUse = { tools: [], choice: 'auto' as const, parallel: true }
    const [least, ...more] = [estimate(turn), without(turn), estimate({ ...turn, toolUse })]
    expect(least?.inputTokens).toBe(600)
    expect(more.map(({ inputTokens }) => inputTokens)).toEqual([2000, 2000])
  })

  it('is never more than a model can read', () => {
    expect(estimate({ ...simpleTurn(), system: 'a'.repeat(9_000_000) }).inputTokens).toBe(1_000_000)
  })

  const png = { type: 'base64' as const, mediaType: 'image/png' as const, data: 'aaaa' }
  const pdf = { type: 'base64' as const, mediaType: 'application/pdf' as const, data: 'a'.repeat(400_000) }
  const schema = { type: 'object', properties: { city: { type: 'string', enum: ['a'.repeat(3000)] } } }
  const look = { name: 'look', description: 'b'.repeat(300), inputSchema: schema }
  it.each<[string, Partial<Turn>, number, number]>([
    ['text by its bytes', { conversation: [user('é'.repeat(1500))] }, 1000, 1000],
    ['the system prompt', { system: 'a'.repeat(3000) }, 1000, 1000],
    ['an image', { conversation: [{ role: 'user', content: [{ type: 'image', source: png }] }] }, 5000, 5000],
    [
      'a PDF by its size',
      { conversation: [{ role: 'user', content: [{ type: 'document', source: pdf }] }] },
      200_000,
      200_000,
    ],
    [
      'a text file',
      {
        conversation: [
          { role: 'user', content: [{ type: 'document', source: { type: 'text', data: 'a'.repeat(3000) } }] },
        ],
      },
      1000,
      1000,
    ],
    ['definitions of functions', { toolUse: { tools: [look], choice: 'auto', parallel: true } }, 2500, 2600],
    ['the schema of the answer', { outputSchema: schema }, 1000, 1100],
    [
      'calls and what they gave',
      {
        conversation: [
          {
            role: 'assistant',
            content: [{ type: 'tool_call', id: 'a', name: 'look', input: { at: 'a'.repeat(3000) } }],
          },
          {
            role: 'user',
            content: [{ type: 'tool_result', callId: 'a', content: [{ type: 'text', text: 'a'.repeat(3000) }] }],
          },
        ],
      },
      2000,
      2100,
    ],
  ])('counts %s', (_, turn, least, most) => {
    expect(inputOf(turn)).toBeGreaterThanOrEqual(least)
    expect(inputOf(turn)).toBeLessThanOrEqual(most)
  })
})

describe('the output of a turn', () => {
  it.each<[string, Partial<Turn>, number]>([
    ['what the caller allows', { maxOutputTokens: 50 }, 50],
    ['never more than a model writes', { maxOutputTokens: 1_000_000 }, 128_000],
    ['what Claude Code allows', {}, 128_000],
    ['what Claude Code allows a model that is not on its list', { model: 'claude-opus-4-7' }, 64_000],
  ])('is %s', (_, turn, outputTokens) => {
    expect(estimate({ ...simpleTurn(), ...turn })).toMatchObject({ outputTokens })
  })
})

it('the cost is that of the model, or of the dearest where it is not known', () => {
  const turn = { ...simpleTurn(), maxOutputTokens: 1000 }
  expect(estimate(turn).outputUsd).toBeCloseTo((1000 * 10) / 1e6, 12)
  expect(estimateUnknown()(turn).outputUsd).toBeCloseTo((1000 * 75) / 1e6, 12)
})

it('a megabyte of text is estimated within a millisecond', () => {
  const turn = { ...simpleTurn(), conversation: [user('a'.repeat(1_000_000))] }
  const times = Array.from({ length: 20 }, () => {
    const began = performance.now()
    estimate(turn)
    return performance.now() - began
  })
  expect(Math.min(...times)).toBeLessThan(1)
})
