import { describe, expect, it } from 'vitest'
import { isOfTheModel, refusedFeature } from '../../src/engine/refused-feature.ts'
import type { Turn } from '../../src/turn/turn.ts'

const plain: Turn = { id: 'r', principal: { id: 'p' }, model: 'm', conversation: [] }
const tools = [{ name: 'f', inputSchema: { type: 'object' }, strict: true }]
const all: Turn = {
  ...plain,
  sampling: { temperature: 0, topP: 0.5 },
  toolUse: { tools, choice: 'any', parallel: true },
  outputSchema: { type: 'object' },
  thinking: 'off',
  serviceTier: 'standard',
}

const REFUSALS = [
  ['temperature: `temperature` is not supported for this model.', 'sampling'],
  ['top_k: `top_k` is not supported for this model.', 'sampling'],
  ['`temperature` may only be set to 1 when thinking is enabled.', 'sampling'],
  ['`temperature` and `top_p` cannot both be specified for this model. Please use only one.', 'both_sampling'],
  ['tool_choice: type "any" is not supported for this model. Use "auto" or "none".', 'forced_tool_choice'],
  ['tool_choice: Thinking may not be enabled when tool_choice forces tool use.', 'forced_tool_choice'],
  ["output_config.format: 'm' does not support output format.", 'output_schema'],
  ['output_config.format.schema: Recursive schemas are not supported', 'output_schema'],
  ['Schemas contains too many optional parameters (25), limit: 24.', 'output_schema'],
  ['The compiled grammar is too large, which would cause performance issues.', 'output_schema'],
  ['service_tier: Extra inputs are not permitted', 'service_tier'],
  ['thinking: "thinking.type.disabled" is not supported for this model.', 'thinking_off'],
] as const

describe('a refusal names a feature', () => {
  it.each(REFUSALS)('%s', (words, feature) => {
    expect(refusedFeature(`the model API answered 400: ${words}`, all)).toBe(feature)
  })

  it('of strict functions by their schema', () => {
    const words = "tools.0.custom.input_schema: For 'integer' type, property 'minimum' is not supported"
    expect(refusedFeature(words, { ...plain, toolUse: { tools, choice: 'auto', parallel: true } })).toBe('strict_tools')
  })

  it.each(REFUSALS)('only if the turn asked for it: %s', (words) => {
    expect(refusedFeature(words, plain)).toBeUndefined()
  })

  it.each([
    ['messages.0.content.0.text: temperature, tool_choice and thinking are wrong', undefined],
    ['tools.0.custom.input_schema: property temperature is not supported', 'strict_tools'],
    ['output_config.format.schema: property temperature is not supported', 'output_schema'],
    ['metadata.user_id: temperature', undefined],
    ['API Error: 400 {"type":"error","error":{"message":"messages.0: temperature"}}', undefined],
    ['API Error: 400 {"type":"error","error":{"message":"temperature: not supported \\"here\\""}}', 'sampling'],
  ])("and not what stands in callers' own words: %s", (words, feature) => {
    expect(refusedFeature(`the model API answered 400: ${words}`, all)).toBe(feature)
  })

  it('of top_p alone, next to which Claude Code sends a temperature', () => {
    const words = 'top_p: `temperature` and `top_p` cannot both be specified for this model.'
    expect(refusedFeature(words, { ...plain, sampling: { topP: 0.5 } })).toBe('both_sampling')
  })

  it('and nothing else does', () => {
    expect(refusedFeature('messages.0: all is wrong', all)).toBeUndefined()
  })
})

it.each([
  ['output_schema', "output_config.format: 'm' does not support output format.", true],
  ['output_schema', 'output_config.format: type json_schema is not supported', true],
  ['output_schema', 'output_config.format.schema: Recursive schemas are not supported', false],
  ['output_schema', 'Schemas contains too many parameters with union types (17), limit: 16.', false],
  ['output_schema', 'The compiled grammar is too large, which would cause performance issues.', false],
  ['strict_tools', 'The compiled grammar is too large. Reduce the number of strict tools.', false],
  ['strict_tools', 'tools.0.custom.strict: not supported for this model', true],
  ['strict_tools', 'tools.0.custom.input_schema: too complex', false],
  ['sampling', 'whatever', true],
] as const)('%s refused by %j holds for the model: %s', (feature, words, isOfModel) => {
  expect(isOfTheModel(feature, words)).toBe(isOfModel)
})
