import { describe, expect, it } from 'vitest'
import type { TakenCall } from '../../src/engine/call-count.ts'
import { createPrices } from '../../src/engine/prices.ts'
import { findModel, type Model } from '../../src/turn/model.ts'
import { createSpend, type Spend } from '../../src/engine/spend.ts'
import { simpleTurn } from '../support/engine.ts'
import { MODELS } from '../support/fake-engine.ts'

const modelNamed = (name: string): Model | undefined => findModel(MODELS, name)

const spender = (): Spend => createSpend({ prices: createPrices(modelNamed), modelNamed, hasEgress: true })

/** A call that was counted to its end, of 20 USD at the listed price for each million tokens of output. */
function counted(outputTokens: number, model: string | undefined = 'claude-opus-5-5'): TakenCall {
  const usage = { inputTokens: 0, cacheReadTokens: 0, cacheWriteTokens: 0, outputTokens, reasoningTokens: 0 }
  return { model, usage, isInputCounted: true, isOutputCounted: true }
}

const brokenOff = (outputTokens: number): TakenCall => ({ ...counted(outputTokens), isOutputCounted: false })

describe('what calls took', () => {
  const told = (calls: readonly TakenCall[], costUsd: number, spend = spender()): [number, boolean][] =>
    spend({ calls, costUsd }, simpleTurn()).map(({ usage, isEstimate }) => [
      Number(usage.costUsd.toFixed(9)),
      isEstimate,
    ])

  it.each<[string, TakenCall[], number, [number, boolean][]]>([
    ['nothing without a call', [], 0, []],
    ['what Claude Code reckons for it', [counted(1000)], 0.5, [[0.5, false]]],
    ['what the tokens cost, where Claude Code does not say', [counted(1000)], 0, [[0.02, true]]],
    [
      'its part of what Claude Code reckons for all',
      [counted(3000), counted(1000)],
      0.4,
      [
        [0.3, false],
        [0.1, false],
      ],
    ],
    ['no less than its tokens cost, where it broke off', [brokenOff(1000)], 0.01, [[0.02, true]]],
    ['no less than Claude Code reckons, where it broke off', [brokenOff(1000)], 0.03, [[0.03, true]]],
  ])('is %s', (_, calls, costUsd, expected) => {
    expect(told(calls, costUsd)).toEqual(expected)
  })

  it('follows what Claude Code has reckoned for the model before', () => {
    const spend = spender()
    told([counted(1000)], 0.04, spend)
    expect(told([brokenOff(1000)], 0, spend)).toEqual([[0.04, true]])
  })

  it('learns nothing from a call that was not counted to its end', () => {
    const spend = spender()
    told([brokenOff(1000)], 0.04, spend)
    expect(told([brokenOff(1000)], 0, spend)).toEqual([[0.02, true]])
  })

  it('is told under the model that answered, or that was asked for where none is named', () => {
    const models = ['claude-opus-5-5', '', undefined].map((model) => ({ ...counted(1000), model }))
    expect(spender()({ calls: models, costUsd: 0 }, simpleTurn()).map(({ model }) => model)).toEqual([
      'claude-opus-5-5',
      'claude-sonnet-5-5',
      'claude-sonnet-5-5',
    ])
  })
})
