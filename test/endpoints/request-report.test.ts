import { describe, expect, test } from 'vitest'
import { compatibilitySchema, debugRequestSchema } from '../../src/wire/request-report.ts'
import { chat, createTestApp, errorOf } from '../support/app.ts'

const REQUEST = {
  model: 'openai/sonnet',
  temperature: 0,
  seed: 5,
  n: 2,
  stop: ['END'],
  future_parameter: true,
  tools: [
    {
      type: 'custom',
      custom: { name: 'g', format: { type: 'grammar', grammar: { syntax: 'lark', definition: 'a' } } },
    },
  ],
}

test('names of what is ignored that are too many for a header are counted', async () => {
  const custom = (n: number) => ({
    type: 'custom',
    custom: { name: `g${n}`, format: { type: 'grammar', grammar: { syntax: 'lark', definition: 'a' } } },
  })
  const tools = Array.from({ length: 100 }, (_, n) => custom(n))
  const response = await createTestApp().request('/v1/chat/completions', chat({ tools }))
  const ignored = response.headers.get('x-dragoman-ignored') ?? ''
  expect(ignored).toMatch(/^tools\[0\]\.custom\.format\.grammar, .* and \d+ more$/)
  expect(ignored.length).toBeLessThan(1050)
})

describe('POST /v1/compatibility', () => {
  const ask = async (body: Record<string, unknown>, settings = {}) => {
    const made = createTestApp({ settings })
    const response = await made.request('/v1/compatibility', chat(body))
    expect(response.status).toBe(200)
    expect(made.engine.turns).toEqual([])
    return compatibilitySchema.parse(await response.json())
  }

  test('tells the fate of each parameter that the request has', async () => {
    const { compatible, parameters, model } = await ask(REQUEST)
    expect(compatible).toBe(true)
    expect(parameters.map(({ name, fate }) => `${name}: ${fate}`)).toEqual([
      'model: mapped',
      'messages: mapped',
      'temperature: ignored',
      'seed: ignored',
      'stop: mapped',
      'n: mapped',
      'tools: mapped',
      'tools[0].custom.format.grammar: ignored',
      'future_parameter: unknown',
    ])
    expect(model).toMatchObject({ requested: 'openai/sonnet', name: 'sonnet', id: 'claude-sonnet-5-5' })
    expect(model?.capabilities).toMatchObject({ sampling: 'none', forced_tool_choice: false })
  })

  test('names fifty of the parameters that nobody knows', async () => {
    const unknown = Object.fromEntries(Array.from({ length: 60 }, (_, n) => [`unknown_${n}`, 1]))
    const { parameters } = await ask({ ...unknown })
    expect(parameters.filter(({ fate }) => fate === 'unknown')).toHaveLength(50)
  })

  test('names of them that are too long are cut', async () => {
    const report = await ask({ ['x'.repeat(1_000_000)]: 1 })
    expect(report.parameters.at(-1)?.name).toBe(`${'x'.repeat(64)}…`)
    expect(JSON.stringify(report).length).toBeLessThan(5000)
  })

  test('says what to change', async () => {
    const { suggestions } = await ask(REQUEST)
    expect(suggestions).toHaveLength(4)
    expect(suggestions[0]).toContain("such as 'claude-haiku-4-5'")
    expect(suggestions.slice(1)).toEqual([
      "Leave out 'seed'. Claude Code has no counterpart.",
      "Leave out 'tools[0].custom.format.grammar'. It is told to the model, which is not held to it.",
      "Leave out 'future_parameter', or look for its right name.",
    ])
  })

  test('does not say of a value that asks for nothing that it is without a counterpart', async () => {
    const { parameters } = await ask({ logit_bias: {} })
    expect(parameters.at(-1)).toEqual({
      name: 'logit_bias',
      fate: 'mapped',
      why: 'This value asks for nothing beyond what happens anyway.',
    })
  })

  test.each([
    [{ logprobs: true }, 'logprobs', 'unsupported_parameter'],
    [{ model: 'gpt-9' }, 'model', 'model_not_found'],
    [{ temperature: 'hot' }, 'temperature', 'invalid_type'],
    [{ messages: [{ role: 'tool', tool_call_id: 'x', content: '' }] }, 'messages[0].tool_call_id', 'invalid_value'],
    [{ messages: undefined }, 'messages', 'missing_required_parameter'],
  ])('tells of %j what it would be refused with', async (body, param, code) => {
    const report = await ask(body)
    expect(report.compatible).toBe(false)
    expect(report.error).toMatchObject({ param, code })
  })

  test('counts what is ignored as refused where the operator is strict', async () => {
    const { compatible, error } = await ask({ temperature: 0 }, { STRICT_PARAMS: 'true' })
    expect(compatible).toBe(false)
    expect(error).toMatchObject({ param: 'temperature', code: 'unsupported_parameter' })
  })
})

describe('POST /v1/debug/request', () => {
  const ask = async (body: Record<string, unknown>, settings = {}) => {
    const made = createTestApp({ settings })
    const response = await made.request('/v1/debug/request', chat(body))
    expect(response.status).toBe(200)
    expect(made.engine.turns).toEqual([])
    return debugRequestSchema.parse(await response.json())
  }

  test('shows the turn that would be asked, and asks nothing', async () => {
    const { turn, error } = await ask({
      ...REQUEST,
      messages: [
        { role: 'system', content: 'S' },
        { role: 'user', content: 'U' },
      ],
    })
    expect(error).toBeNull()
    expect(turn).toMatchObject({
      model: 'sonnet',
      system: 'S',
      conversation: [{ role: 'user', content: [{ type: 'text', text: 'U' }] }],
      stopSequences: ['END'],
      toolUse: { choice: 'auto', tools: [{ name: 'g' }] },
    })
  })

  test('masks what looks like a secret, and the secrets of the server', async () => {
    const content = 'my key is sk-abcdefghijklmnop, bearer abcdefghijkl, and the password is hunter2secret'
    const shown = await ask({ messages: [{ role: 'user', content }] })
    const text = JSON.stringify(shown)
    expect(text).not.toContain('abcdefghijkl')
    const own = createTestApp({ settings: { API_KEY: 'a-key-of-the-server' } })
    const response = await own.request('/v1/debug/request', {
      ...chat({ messages: [{ role: 'user', content: 'a-key-of-the-server' }] }),
      headers: { 'content-type': 'application/json', authorization: 'Bearer a-key-of-the-server' },
    })
    expect(await response.text()).not.toContain('a-key-of-the-server')
  })

  test('shows of megabytes of text the beginnings', async () => {
    const { turn } = await ask({
      messages: [
        { role: 'system', content: 'S' },
        { role: 'user', content: `U${'x'.repeat(2_000_000)}` },
      ],
    })
    expect(turn).toMatchObject({ system: 'S' })
    const text = JSON.stringify(turn)
    expect(text).toContain('"Uxxx')
    expect(text).toContain('x… (2000001 characters)"')
    expect(text.length).toBeLessThan(1_000_000)
  })

  test('only measures images', async () => {
    const png = 'iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg=='
    const image = { type: 'image_url', image_url: { url: `data:image/png;base64,${png}` } }
    const { turn } = await ask({ messages: [{ role: 'user', content: [image] }] })
    expect(JSON.stringify(turn)).not.toContain(png.slice(0, 40))
    expect(JSON.stringify(turn)).toContain(`(${png.length} characters)`)
  })
})

test.each(['/v1/compatibility', '/v1/debug/request'])('%s needs the key where there is one', async (path) => {
  const response = await createTestApp({ settings: { API_KEY: 'a-key-of-the-server' } }).request(path, chat({}))
  expect(response.status).toBe(401)
  expect((await errorOf(response)).code).toBe('invalid_api_key')
})

describe("Claude Code's own tools", () => {
  const errorFor = async (fields: Record<string, unknown>, headers: Record<string, string>) => {
    const init = chat(fields)
    const { request } = createTestApp()
    const response = await request('/v1/compatibility', { ...init, headers: { ...Object(init.headers), ...headers } })
    return compatibilitySchema.parse(await response.json()).error
  }

  test('are judged as the request itself would be', async () => {
    expect(await errorFor({ enable_tools: true }, { 'x-claude-allowed-tools': 'Read' })).toBeNull()
    expect(await errorFor({ enable_tools: true }, { 'x-claude-allowed-tools': 'Bash' })).toMatchObject({
      code: 'tool_not_allowed',
    })
    expect(await errorFor({}, { 'x-claude-allowed-tools': 'Read' })).toMatchObject({
      message: expect.stringContaining('enable_tools'),
    })
  })
})
