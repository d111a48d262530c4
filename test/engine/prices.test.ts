import { describe, expect, it } from 'vitest'
import { findModel, type Model } from '../../src/turn/model.ts'
import { createPrices, type Prices } from '../../src/engine/prices.ts'

const unlisted = (): Prices => createPrices(() => undefined)

/** USD for a million tokens of each kind, the other kinds absent; short prompts. */
function perMillion(model: string, prices = unlisted()): number[] {
  const none = { inputTokens: 0, cacheReadTokens: 0, cacheWriteTokens: 0, outputTokens: 0 }
  return [
    { ...none, inputTokens: 1000 },
    { ...none, inputTokens: 1000, cacheReadTokens: 1000 },
    { ...none, inputTokens: 1000, cacheWriteTokens: 1000 },
    { ...none, outputTokens: 1000 },
  ].map((tokens) => Number((prices.costOf(model, tokens) * 1000).toFixed(6)))
}

const OUTPUT = { inputTokens: 0, cacheReadTokens: 0, cacheWriteTokens: 0, outputTokens: 1000 }

describe('a million tokens of input, read from the cache, written to it, and of output cost', () => {
  it.each([
    ['claude-fable-5-2', [8, 0.2, 10, 40]],
    ['claude-fable-5-1', [10, 0.25, 12.5, 50]],
    ['claude-fable-5', [10, 1, 12.5, 50]],
    ['claude-opus-5-5', [4, 0.2, 5, 20]],
    ['claude-opus-5', [5, 0.5, 6.25, 25]],
    ['claude-opus-4-5-20251101', [5, 0.5, 6.25, 25]],
    ['claude-opus-4-1-20250805', [15, 1.5, 18.75, 75]],
    ['claude-opus-4-20250514', [15, 1.5, 18.75, 75]],
    ['claude-3-opus-20240229', [15, 1.5, 18.75, 75]],
    ['claude-sonnet-5-5', [2, 0.1, 2.5, 10]],
    ['claude-sonnet-5-5[1m]', [2, 0.1, 2.5, 10]],
    ['us.anthropic.claude-sonnet-5-v1:0', [2, 0.2, 2.5, 10]],
    ['claude-sonnet-4-6', [3, 0.3, 3.75, 15]],
    ['claude-3-7-sonnet@20250219', [3, 0.3, 3.75, 15]],
    ['claude-haiku-5-5', [0.1, 0.01, 0.125, 0.5]],
    ['claude-haiku-4-5-20251001', [1, 0.1, 1.25, 5]],
    ['claude-3-5-haiku-20241022', [0.8, 0.08, 1, 4]],
    ['a model of another name', [15, 1.5, 18.75, 75]],
  ])('with %s %j USD', (model, prices) => {
    expect(perMillion(model)).toEqual(prices)
  })
})

it('Haiku 5.5 costs five times as much for a prompt of more than 100,000 tokens, what is cached included', () => {
  const prices = unlisted()
  const tokens = { inputTokens: 100_001, cacheReadTokens: 100_001, cacheWriteTokens: 0, outputTokens: 1000 }
  expect(prices.costOf('claude-haiku-5-5', tokens)).toBeCloseTo((100_001 * 0.05 + 1000 * 2.5) / 1e6, 12)
})

describe('prices', () => {
  it('follow what Claude Code reckons, for its model alone', () => {
    const prices = unlisted()
    prices.learn('claude-sonnet-5-5', OUTPUT, 0.02)
    expect(perMillion('claude-sonnet-5-5', prices)).toEqual([4, 0.2, 5, 20])
    expect(perMillion('claude-sonnet-5', prices)).toEqual([2, 0.2, 2.5, 10])
  })

  it.each([
    ['nothing', 0],
    ['another sum altogether', 100],
  ])('learn nothing from a call that cost %s', (_, costUsd) => {
    const prices = unlisted()
    prices.learn('claude-sonnet-5-5', OUTPUT, costUsd)
    expect(perMillion('claude-sonnet-5-5', prices)).toEqual([2, 0.1, 2.5, 10])
  })

  it('learn nothing from a call whose prompt came from the cache, which may have a price of its own', () => {
    const prices = unlisted()
    const tokens = { ...OUTPUT, inputTokens: 100_000, cacheReadTokens: 100_000 }
    prices.learn('claude-sonnet-5-5', tokens, 0.01 + 0.03)
    expect(perMillion('claude-sonnet-5-5', prices)).toEqual([2, 0.1, 2.5, 10])
  })

  it('are remembered of a limited number of models', () => {
    const prices = unlisted()
    for (let n = 0; n <= 500; n += 1) prices.learn(`model-${n}`, OUTPUT, 0.03)
    expect([0, 1].map((n) => prices.costOf(`model-${n}`, OUTPUT))).toEqual([0.075, 0.03])
  })

  const listed: Model = {
    id: 'claude-haiku-5-5',
    aliases: ['haiku'],
    displayName: 'Haiku',
    description: 'Fastest · $0.20/$1 per Mtok ($0.60/$3 for prompts over 50k)',
    efforts: [],
    thinkingCanBeOff: true,
  }
  const live = createPrices((name) => findModel([listed], name))

  it('are those of the live list, also by an alias', () => {
    expect(perMillion('haiku', live)).toEqual([0.2, 0.02, 0.25, 1])
  })

  it('are those of the live list for long prompts', () => {
    expect(live.costOf('haiku', { ...OUTPUT, inputTokens: 50_001 })).toBeCloseTo((50_001 * 0.6 + 1000 * 3) / 1e6, 12)
  })

  it.each([
    'Best for everyday tasks',
    '$4 per Mtok',
    '',
    '$./$. per Mtok',
    '$1.2.3/$. per Mtok',
    '$0.00/$0.02 per Mtok',
  ])('are those of the version where the live list says %j', (description) => {
    expect(
      perMillion(
        'haiku',
        createPrices(() => ({ ...listed, description })),
      ),
    ).toEqual([0.1, 0.01, 0.125, 0.5])
  })

  it('are learned of a model by any of its names', () => {
    const prices = createPrices((name) => findModel([listed], name))
    prices.learn('claude-haiku-5-5', OUTPUT, 0.002)
    expect(perMillion('haiku', prices)).toEqual([0.4, 0.04, 0.5, 2])
  })
})
