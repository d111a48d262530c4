import { describe, expect, it } from 'vitest'

import { refusalOf, turnOf } from '../fixtures.ts'

const toolUseOf = (parameters: Readonly<Record<string, unknown>>) =>
  turnOf({ model: 'claude-haiku-4-5', ...parameters }).toolUse
const refused = (parameters: Readonly<Record<string, unknown>>) => refusalOf(() => turnOf(parameters))

const fn = (name: string, rest: object = {}) => ({ type: 'function', function: { name, ...rest } })
const custom = (name: string, rest: object = {}) => ({ type: 'custom', custom: { name, ...rest } })
const named = (name: string) => fn(name)
const allowed = (mode: string, ...tools: unknown[]) => ({ type: 'allowed_tools', allowed_tools: { mode, tools } })
const NOTHING = { type: 'object', properties: {} }
const PARAMETERS = {
  type: 'object',
  required: ['b'],
  properties: { b: { type: 'string' }, a: { $ref: '#/$defs/x' } },
  $defs: { x: {} },
}

describe('the tools of a turn', () => {
  it('are the functions of the caller as they are, in their order', () => {
    const description = 'x'.repeat(9000)
    const tools = [fn('zeta', { description, parameters: PARAMETERS }), fn('Bash'), fn('alpha')]
    const use = toolUseOf({ tools })
    expect(use).toEqual({
      tools: [
        { name: 'zeta', description, inputSchema: PARAMETERS },
        { name: 'Bash', inputSchema: NOTHING },
        { name: 'alpha', inputSchema: NOTHING },
      ],
      choice: 'auto',
      parallel: true,
    })
    expect(JSON.stringify(use?.tools[0]?.inputSchema)).toBe(JSON.stringify(PARAMETERS))
  })

  it('say that they take nothing, where they are strict and have no parameters', () => {
    const use = toolUseOf({ tools: [fn('a', { strict: true }), fn('b')] })
    expect(use?.tools).toEqual([
      { name: 'a', strict: true, inputSchema: { type: 'object', properties: {}, additionalProperties: false } },
      { name: 'b', inputSchema: { type: 'object', properties: {} } },
    ])
  })

  it('leave out what is null or false', () => {
    expect(toolUseOf({ tools: [fn('f', { description: null, parameters: null, strict: false })] })?.tools).toEqual([
      { name: 'f', inputSchema: NOTHING },
    ])
  })

  it('have no halves of characters', () => {
    const use = toolUseOf({
      tools: [fn('f', { description: 'a\ud83d', parameters: { type: 'object', title: '\ude00' } })],
    })
    expect(use?.tools).toEqual([
      { name: 'f', description: 'a\ufffd', inputSchema: { type: 'object', title: '\ufffd' } },
    ])
  })

  it('can be as many as 128, and their schemas long', () => {
    const parameters = {
      type: 'object',
      properties: Object.fromEntries(Array.from({ length: 200 }, (_, i) => [`p${i}`, { type: 'string' }])),
    }
    const tools = Array.from({ length: 128 }, (_, index) => fn(`f${index}`, { parameters }))
    expect(toolUseOf({ tools })?.tools).toHaveLength(128)
  })

  it('are functions of one string where they take free text', () => {
    const inputSchema = {
      type: 'object',
      properties: { input: { type: 'string' } },
      required: ['input'],
      additionalProperties: false,
    }
    const grammar = (syntax: string) => ({ type: 'grammar', grammar: { syntax, definition: 'x+' } })
    const tools = [
      custom('a', { description: 'Runs.', format: { type: 'text' } }),
      custom('b', { description: 'Runs.', format: grammar('lark') }),
      custom('c', { format: grammar('regex') }),
    ]
    expect(toolUseOf({ tools })?.tools).toEqual([
      { name: 'a', description: 'Runs.', inputSchema },
      { name: 'b', description: 'Runs.\n\nThe input has to match this Lark grammar:\nx+', inputSchema },
      { name: 'c', description: 'The input has to match this regular expression:\nx+', inputSchema },
    ])
  })

  it.each([
    {},
    { tools: [] },
    { tools: null, tool_choice: 'auto', parallel_tool_calls: true },
    { tool_choice: 'none' },
    { functions: [], function_call: 'none' },
  ])('are absent for %j', (parameters) => {
    expect(turnOf(parameters)).not.toHaveProperty('toolUse')
  })

  it('stand in for what was called where the caller offers none any more', () => {
    const calls = ['b', 'a', 'b'].map((name, index) => ({ id: `${index}`, ...fn(name, { arguments: '{"x":1}' }) }))
    const results = calls.map(({ id }) => ({ role: 'tool', tool_call_id: id, content: '' }))
    const messages = [{ role: 'user', content: 'hi' }, { role: 'assistant', tool_calls: calls }, ...results]
    expect(toolUseOf({ messages })).toEqual({
      tools: [
        { name: 'b', inputSchema: NOTHING },
        { name: 'a', inputSchema: NOTHING },
      ],
      choice: 'none',
      parallel: true,
    })
    expect(toolUseOf({ messages, tools: [fn('c')] })?.tools.map(({ name }) => name)).toEqual(['c'])
  })
})

describe('the choice among them', () => {
  const tools = [fn('a'), custom('b'), fn('c')]

  it.each<[unknown, unknown]>([
    [undefined, 'auto'],
    [null, 'auto'],
    ['auto', 'auto'],
    ['none', 'none'],
    ['required', 'any'],
    [named('a'), { name: 'a' }],
    [custom('b'), { name: 'b' }],
  ])('%j is %j', (tool_choice, choice) => {
    const use = toolUseOf({ tools, tool_choice })
    expect(use?.choice).toEqual(choice)
    expect(use?.tools).toHaveLength(3)
  })

  it.each<[unknown, string, string[]]>([
    [allowed('auto', named('c'), named('a')), 'auto', ['a', 'c']],
    [allowed('required', custom('b')), 'any', ['b']],
  ])('%j is %s of %j', (tool_choice, choice, names) => {
    const use = toolUseOf({ tools, tool_choice })
    expect([use?.choice, use?.tools.map(({ name }) => name)]).toEqual([choice, names])
  })

  it.each([
    [true, true],
    [null, true],
    [false, false],
  ])('with parallel_tool_calls %j allows several: %j', (parallel_tool_calls, parallel) => {
    expect(toolUseOf({ tools, parallel_tool_calls })?.parallel).toBe(parallel)
  })
})

describe('the legacy form', () => {
  const functions = [{ name: 'f', description: 'Does.', parameters: PARAMETERS }, { name: 'g' }]

  it.each<[unknown, unknown]>([
    [undefined, 'auto'],
    ['auto', 'auto'],
    ['none', 'none'],
    [{ name: 'g' }, { name: 'g' }],
  ])('%j is %j, one call at most', (function_call, choice) => {
    expect(toolUseOf({ functions, function_call })).toEqual({
      tools: [
        { name: 'f', description: 'Does.', inputSchema: PARAMETERS },
        { name: 'g', inputSchema: NOTHING },
      ],
      choice,
      parallel: false,
    })
  })
})

describe('tools that cannot be offered are refused at their place', () => {
  const tools = [fn('a'), custom('b')]

  it.each<[string, string, Readonly<Record<string, unknown>>]>([
    ['tools[1].function.name', 'invalid_value', { tools: [fn('a'), fn('a')] }],
    ['tools[1].custom.name', 'invalid_value', { tools: [fn('a'), custom('a')] }],
    ['functions[1].name', 'invalid_value', { functions: [{ name: 'a' }, { name: 'a' }] }],
    ['functions', 'invalid_value', { tools, functions: [{ name: 'f' }] }],
    ['tool_choice', 'invalid_value', { tool_choice: 'required' }],
    ['tool_choice', 'invalid_value', { tools: [], tool_choice: named('a') }],
    ['tool_choice', 'invalid_value', { tools, tool_choice: named('x') }],
    ['tool_choice', 'invalid_value', { tools, tool_choice: named('b') }],
    ['tool_choice', 'invalid_value', { tool_choice: allowed('auto', named('a')) }],
    [
      'tool_choice.allowed_tools.tools[1]',
      'invalid_value',
      { tools, tool_choice: allowed('auto', named('a'), named('x')) },
    ],
    ['tool_choice', 'invalid_value', { functions: [{ name: 'f' }], tool_choice: 'none' }],
    ['function_call', 'invalid_value', { tools, function_call: 'none' }],
    ['function_call', 'invalid_value', { function_call: { name: 'f' } }],
    ['function_call', 'invalid_value', { functions: [{ name: 'f' }], function_call: { name: 'g' } }],
    [
      'tools[1].function.parameters',
      'invalid_function_parameters',
      { tools: [fn('a'), fn('b', { parameters: { type: 'string' } })] },
    ],
    [
      'functions[0].parameters',
      'invalid_function_parameters',
      { functions: [{ name: 'f', parameters: { type: 'array' } }] },
    ],
  ])('%s: %s for %j', (param, code, parameters) => {
    expect(refused(parameters)).toMatchObject({ code, param })
  })

  it('in words that never echo a long name', () => {
    expect(refused({ tools, tool_choice: named('x'.repeat(10_000)) }).message.length).toBeLessThan(250)
  })
})
