import { describe, expect, it } from 'vitest'
import { resolveModelName } from '../../src/translate/model-name.ts'
import { CONTEXT, HAIKU, OPUS, refusalOf, SONNET } from './fixtures.ts'

const resolve = (name: string, change: Partial<typeof CONTEXT> = {}) =>
  resolveModelName(name, { ...CONTEXT, ...change })

describe('resolveModelName', () => {
  it.each([
    ['claude-sonnet-5-5', 'claude-sonnet-5-5', SONNET],
    ['sonnet', 'sonnet', SONNET],
    ['haiku', 'haiku', HAIKU],
    ['default', 'default', OPUS],
    ['fable', 'fable', undefined],
    ['claude-something-9', 'claude-something-9', undefined],
    ['claude-sonnet-5-5[1m]', 'claude-sonnet-5-5[1m]', SONNET],
    ['claude-sonnet-5-5-20260401', 'claude-sonnet-5-5-20260401', SONNET],
    ['openai/sonnet', 'sonnet', SONNET],
    ['anthropic/claude-opus-5-5', 'claude-opus-5-5', OPUS],
    ['claude-code/opus', 'opus', OPUS],
    ['openai/anthropic/opus', 'opus', OPUS],
    [`${'openai/'.repeat(10)}sonnet`, 'sonnet', SONNET],
  ])('takes %s as %s', (asked, name, model) => {
    expect(resolve(asked)).toEqual({ name, model })
  })

  it.each([
    ['bedrock', 'us.anthropic.claude-sonnet-5-5-20260401-v1:0'],
    ['bedrock', 'anthropic.claude-sonnet-5-5-v1:0'],
    ['bedrock', 'arn:aws:bedrock:eu-west-1:123456789012:application-inference-profile/abc123'],
    ['vertex', 'claude-sonnet-5-5@20260401'],
    ['foundry', 'my-deployment'],
  ] as const)('takes the names of %s, such as %s, only where that is the provider', (provider, name) => {
    expect(resolve(name, { provider })).toEqual({ name, model: undefined })
    expect(refusalOf(() => resolve(name))).toMatchObject({ code: 'model_not_found' })
  })

  it('takes no option for a name, whoever the provider is', () => {
    for (const provider of ['bedrock', 'vertex', 'foundry'] as const) {
      expect(refusalOf(() => resolve('--help', { provider }))).toMatchObject({ code: 'model_not_found' })
    }
  })

  it('takes an id of the live list in whatever form a provider gives it', () => {
    const id = 'us.anthropic.claude-sonnet-5-5-v1:0'
    expect(resolve(id, { models: [{ ...SONNET, id }] }).name).toBe(id)
  })

  it.each([
    ['gpt-4o', { 'gpt-4o': 'sonnet' }, 'sonnet'],
    ['gpt-4o', { 'gpt-4o': 'smart', smart: 'opus' }, 'opus'],
    ['openai/gpt-4o', { 'gpt-4o': 'sonnet' }, 'sonnet'],
    ['openai/gpt-4o', { 'openai/gpt-4o': 'opus', 'gpt-4o': 'sonnet' }, 'opus'],
    ['gpt-4o', { 'gpt-4o': 'anthropic/claude-opus-5-5' }, 'claude-opus-5-5'],
    ['sonnet', { sonnet: 'claude-sonnet-4-5' }, 'claude-sonnet-4-5'],
    [
      'deep',
      { deep: 'arn:aws:bedrock:us-east-1:1:inference-profile/x' },
      'arn:aws:bedrock:us-east-1:1:inference-profile/x',
    ],
    ['other', { other: 'anthropic/glm-5' }, 'anthropic/glm-5'],
    ['mine', { mine: 'mine' }, 'mine'],
    ['a', { a: 'b', b: 'a' }, 'a'],
  ])('follows from %s by %j to %s', (asked, aliases, name) => {
    expect(resolve(asked, { aliases }).name).toBe(name)
  })

  it.each([
    ['haiku', 'haiku'],
    ['anthropic/claude-opus-5-5', 'claude-opus-5-5'],
    ['default', 'default'],
    ['my-deployment', 'my-deployment'],
  ])('takes default as DEFAULT_MODEL=%s', (defaultModel, name) => {
    expect(resolve('default', { defaultModel }).name).toBe(name)
  })

  it('lets DEFAULT_MODEL be an alias', () => {
    expect(resolve('default', { defaultModel: 'mine', aliases: { mine: 'opus' } })).toEqual({
      name: 'opus',
      model: OPUS,
    })
  })

  it.each([
    'gpt-4o',
    '',
    ' sonnet',
    'Sonnet',
    '--dangerously-skip-permissions',
    '-p',
    'claude-x --tools Bash',
    'claude-x\n',
    'claude-x\u0000',
    `claude-${'x'.repeat(200)}`,
    'claude-[1m]x',
    '__proto__',
    'constructor',
    'openai/',
    `${'openai/'.repeat(11)}sonnet`,
  ])('does not know %j', (asked) => {
    expect(refusalOf(() => resolve(asked))).toMatchObject({ code: 'model_not_found', param: 'model' })
  })

  it('does not know a hundred thousand prefixes, without exhausting the stack', () => {
    expect(refusalOf(() => resolve('openai/'.repeat(100_000))).code).toBe('model_not_found')
  })

  it('passes on no unsafe name, whoever vouches for it', () => {
    expect(refusalOf(() => resolve('x', { aliases: { x: '--help' } })).code).toBe('model_not_found')
    expect(refusalOf(() => resolve('default', { defaultModel: '-p x' })).code).toBe('model_not_found')
    const models = [{ ...SONNET, id: 'a b' }]
    expect(refusalOf(() => resolve('a b', { models })).code).toBe('model_not_found')
  })

  it('says which models there are and how to map the name', () => {
    const { message } = refusalOf(() => resolve('gpt-4o'))
    for (const { id } of CONTEXT.models) expect(message).toContain(`'${id}'`)
    expect(message).toContain('MODEL_ALIASES={"gpt-4o":"sonnet"}')
  })

  it('names three models even where the live list is empty', () => {
    expect(refusalOf(() => resolve('x', { models: [] })).message).toContain("'sonnet', 'opus' or 'haiku'")
  })

  it('quotes the name safely', () => {
    const { message } = refusalOf(() => resolve(`\u001b[31m\n\u202e${'x'.repeat(10_000)}`))
    expect(message).not.toMatch(/\p{C}/u)
    expect(message.length).toBeLessThan(400)
  })
})
