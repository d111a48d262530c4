import { describe, expect, it } from 'vitest'
import { findWireModel, modelsList } from '../../src/translate/models-list.ts'
import { modelListSchema } from '../../src/wire/models.ts'
import { CONTEXT, SONNET } from './fixtures.ts'

const listing = { ...CONTEXT, created: 1_700_000_000 }

describe('modelsList', () => {
  it('lists the models, then their aliases', () => {
    expect(modelsList(listing).data.map((model) => model.id)).toEqual([
      'claude-opus-5-5',
      'claude-sonnet-5-5',
      'claude-haiku-5-5',
      'opus',
      'default',
      'sonnet',
      'haiku',
    ])
  })

  it('matches its schema', () => {
    const list = modelsList({ ...listing, aliases: { 'gpt-4o': 'sonnet', other: 'my-model' }, defaultModel: 'haiku' })
    expect(modelListSchema.parse(list)).toEqual(list)
  })

  it('describes a model', () => {
    expect(findWireModel('claude-sonnet-5-5', { ...listing, aliases: { 'gpt-4o': 'sonnet' } })).toEqual({
      id: 'claude-sonnet-5-5',
      object: 'model',
      created: 1_700_000_000,
      owned_by: 'anthropic',
      display_name: 'Sonnet 5.5',
      description: 'For every day',
      effort_levels: ['low', 'medium', 'high'],
      aliases: ['sonnet', 'gpt-4o'],
    })
  })

  it('says what an alias stands for', () => {
    expect(findWireModel('sonnet', listing)).toMatchObject({ id: 'sonnet', alias_of: 'claude-sonnet-5-5', aliases: [] })
  })

  it("lists the operator's aliases, also for models that Claude Code does not list", () => {
    const own = { ...listing, aliases: { 'gpt-4o': 'sonnet', other: 'my-model' } }
    expect(findWireModel('gpt-4o', own)?.alias_of).toBe('claude-sonnet-5-5')
    expect(findWireModel('other', own)).toMatchObject({ alias_of: 'my-model', effort_levels: [] })
  })

  it("lets the operator's alias win over Claude Code's", () => {
    expect(findWireModel('sonnet', { ...listing, aliases: { sonnet: 'opus' } })?.alias_of).toBe('claude-opus-5-5')
  })

  it('shows default as what the operator chose', () => {
    expect(findWireModel('default', { ...listing, defaultModel: 'haiku' })?.alias_of).toBe('claude-haiku-5-5')
    expect(findWireModel('default', listing)?.alias_of).toBe('claude-opus-5-5')
  })

  it('leaves out an alias that leads nowhere', () => {
    expect(findWireModel('x', { ...listing, aliases: { x: '--help' } })).toBeUndefined()
  })

  it('knows the long context window by its name', () => {
    const long = { ...SONNET, id: 'claude-sonnet-5-5[1m]', aliases: ['sonnet[1m]'] }
    expect(findWireModel('sonnet[1m]', { ...listing, models: [long] })?.context_window).toBe(1_000_000)
  })

  it('describes what is accepted without being listed', () => {
    expect(findWireModel('claude-sonnet-5-5[1m]', listing)).toMatchObject({ context_window: 1_000_000 })
    expect(findWireModel('openai/sonnet', listing)).toMatchObject({ alias_of: 'claude-sonnet-5-5' })
    expect(findWireModel('claude-sonnet-4-0', listing)).toMatchObject({ id: 'claude-sonnet-4-0', effort_levels: [] })
  })

  it.each(['nope', '', '__proto__'])('does not know %j', (id) => {
    expect(findWireModel(id, listing)).toBeUndefined()
  })
})
