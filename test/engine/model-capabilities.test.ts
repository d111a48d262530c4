import { describe, expect, it } from 'vitest'
import { createModelCapabilities } from '../../src/engine/model-capabilities.ts'
import { findModelKind } from '../../src/demo/model-kinds.ts'
import { FEATURES, without } from '../../src/turn/capabilities.ts'

const unlisted = () => createModelCapabilities(() => undefined)

describe('what a version is known to take', () => {
  it.each([
    ['claude-opus-5-5', 'none', false, true, false],
    ['claude-sonnet-5-5[1m]', 'none', false, true, false],
    ['claude-fable-5', 'none', false, true, true],
    ['claude-fable-5-1', 'none', false, true, false],
    ['claude-haiku-5-5', 'none', true, true, true],
    ['claude-sonnet-5', 'none', true, true, true],
    ['claude-opus-4-7', 'none', true, true, true],
    ['claude-opus-4-6', 'one', true, true, true],
    ['claude-haiku-4-5-20251001', 'one', true, true, true],
    ['us.anthropic.claude-sonnet-4-5-20250929-v1:0', 'one', true, true, true],
    ['claude-sonnet-4-20250514', 'both', true, false, true],
    ['claude-opus-4@20250514', 'both', true, false, true],
    ['claude-3-7-sonnet-20250219', 'both', true, false, true],
    ['claude-3-5-haiku-latest', 'both', true, false, true],
    ['my-deployment', 'one', true, true, true],
  ])('%s', (name, sampling, forcedToolChoice, outputSchema, thinkingCanBeOff) => {
    expect(unlisted().of(name)).toMatchObject({ sampling, forcedToolChoice, outputSchema, thinkingCanBeOff })
  })

  it.each([
    'claude-opus-5-5',
    'claude-haiku-5-5',
    'claude-sonnet-5',
    'claude-opus-4-7',
    'claude-haiku-4-5',
    'claude-sonnet-4',
  ])('is what the demo model of that name takes: %s', (name) => {
    const kind = findModelKind(name)
    const { sampling, forcedToolChoice, outputSchema, thinkingCanBeOff } = unlisted().of(name)
    expect({ sampling: sampling !== 'none', forcedToolChoice, outputSchema, thinkingCanBeOff }).toEqual({
      sampling: kind?.sampling,
      forcedToolChoice: kind?.forcedToolChoice,
      outputSchema: kind?.structuredOutput,
      thinkingCanBeOff: kind?.thinkingCanBeOff,
    })
  })
})

describe('what was refused', () => {
  it.each(FEATURES)('is not asked for again: %s', (feature) => {
    const capabilities = unlisted()
    capabilities.learn('m', feature)
    expect(capabilities.of('m')).toEqual(without(unlisted().of('m'), feature))
    expect(capabilities.of('other')).toEqual(unlisted().of('other'))
  })

  it('is tried again after an hour', () => {
    let now = 0
    const capabilities = createModelCapabilities(
      () => undefined,
      () => now,
    )
    capabilities.learn('m', 'sampling')
    now = 3_599_999
    expect(capabilities.of('m').sampling).toBe('none')
    now = 3_600_000
    expect(capabilities.of('m').sampling).toBe('one')
  })

  it('holds for every name of the model', () => {
    const model = { id: 'x-1', aliases: ['x'], displayName: '', description: '', efforts: [], thinkingCanBeOff: true }
    const capabilities = createModelCapabilities((name) => (name === 'x' || name === 'x-1' ? model : undefined))
    capabilities.learn('x', 'sampling')
    expect(capabilities.of('x-1').sampling).toBe('none')
  })

  it('is kept for so many models, and no more', () => {
    const capabilities = unlisted()
    for (let number = 0; number <= 500; number += 1) capabilities.learn(`m${number}`, 'sampling')
    expect(capabilities.of('m0').sampling).toBe('one')
    expect(capabilities.of('m1').sampling).toBe('none')
  })
})
