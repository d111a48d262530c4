import { describe, expect, it } from 'vitest'
import { CONTINUE, OPENING, toConversation } from '../../../src/translate/content/conversation.ts'
import { chatRequest, refusalOf, wordsOf } from '../fixtures.ts'

/** A line for each message: `u:` or `a:` and its blocks, joined by `|`. */
function shown(...messages: unknown[]): string[] {
  const { conversation } = toConversation(chatRequest({ messages }).messages)
  return conversation.map(({ role, content }) => `${role[0]}:${content.map(wordsOf).join('|')}`)
}

const refused = (...messages: unknown[]) => refusalOf(() => toConversation(chatRequest({ messages }).messages))

const user = (content: string) => ({ role: 'user', content })
const call = (id: string, name = 'f', args = '{}') => ({ id, type: 'function', function: { name, arguments: args } })
const custom = (id: string, input: string) => ({ id, type: 'custom', custom: { name: 'run', input } })
const calls = (...tool_calls: unknown[]) => ({ role: 'assistant', content: null, tool_calls })
const tool = (tool_call_id: string, content: unknown = 'ok') => ({ role: 'tool', tool_call_id, content })
const legacy = (name: string, args = '{}') => ({
  role: 'assistant',
  content: null,
  function_call: { name, arguments: args },
})
const legacyResult = (name: string, content: unknown = 'ok') => ({ role: 'function', name, content })

describe('calls and results', () => {
  it('become blocks of the assistant and of the user who answers', () => {
    expect(shown(user('hi'), calls(call('call_1', 'get', '{"city":"Paris"}')), tool('call_1', 'sunny'))).toEqual([
      'u:hi',
      'a:get#toolu_1({"city":"Paris"})',
      'u:toolu_1=>sunny',
    ])
  })

  it('stand behind what the assistant said, and before what the user says next', () => {
    const said = { ...calls(call('a')), content: 'Let me see.' }
    expect(shown(user('hi'), said, tool('a'), user('and?'))).toEqual(['u:hi', 'a:Let me see.|f#a({})', 'u:a=>ok|and?'])
  })

  it('are all in one message, in the order of the calls', () => {
    const messages = [
      user('hi'),
      calls(call('a'), call('b'), call('c')),
      tool('c', '3'),
      tool('a', '1'),
      tool('b', '2'),
    ]
    expect(shown(...messages).at(-1)).toBe('u:a=>1|b=>2|c=>3')
  })

  it('find each other across the words of others', () => {
    const messages = [
      user('hi'),
      calls(call('a'), call('b')),
      tool('b'),
      user('hurry'),
      { role: 'system', content: 's' },
      tool('a'),
    ]
    expect(shown(...messages).at(-1)).toBe('u:a=>ok|b=>ok|hurry|<system-message>\ns\n</system-message>')
  })

  it('go on for many rounds', () => {
    expect(
      shown(user('hi'), calls(call('a')), tool('a'), calls(call('b')), tool('b'), { role: 'assistant', content: 'x' }),
    ).toEqual(['u:hi', 'a:f#a({})', 'u:a=>ok', 'a:f#b({})', 'u:b=>ok', 'a:x', `u:${CONTINUE}`])
  })

  it('of assistants in a row are merged, text first', () => {
    const said = { ...calls(call('b')), content: 'And this.' }
    expect(shown(user('hi'), calls(call('a')), said, tool('b'), tool('a'))).toEqual([
      'u:hi',
      'a:And this.|f#a({})|f#b({})',
      'u:a=>ok|b=>ok',
    ])
  })

  it('are not parted by an assistant who says nothing', () => {
    const nothing = { role: 'assistant', content: '' }
    expect(shown(user('hi'), calls(call('a'), call('b')), tool('a'), nothing, tool('b')).at(-1)).toBe('u:a=>ok|b=>ok')
  })

  it('may begin the conversation', () => {
    expect(shown(calls(call('a')), tool('a'))).toEqual([`u:${OPENING}`, 'a:f#a({})', 'u:a=>ok'])
  })

  it.each<[unknown, string]>([
    ['', ''],
    [' \n', ''],
    [null, ''],
    [[], ''],
    [
      [
        { type: 'text', text: 'a' },
        { type: 'text', text: '' },
        { type: 'text', text: 'b' },
      ],
      'a+b',
    ],
    ['a\ud83d', 'a\ufffd'],
  ])('give %j as %j', (content, expected) => {
    expect(shown(user('hi'), calls(call('a')), tool('a', content)).at(-1)).toBe(`u:a=>${expected}`)
  })

  it('of custom tools are wrapped as the model knows them', () => {
    expect(shown(user('hi'), calls(custom('a', 'ls "x"\n')), tool('a'))[1]).toBe(
      String.raw`a:run#a({"input":"ls \"x\"\n"})`,
    )
  })
})

describe('arguments', () => {
  it.each([
    ['{"a":1,"b":[{"c":null}]}', '{"a":1,"b":[{"c":null}]}'],
    ['', '{}'],
    [' \n', '{}'],
    ['{"a":"\\ud83d"}', '{"a":"\ufffd"}'],
    ['{"__proto__":{"a":1}}', '{"__proto__":{"a":1}}'],
    ['{"city":"Par', String.raw`{"_raw":"{\"city\":\"Par"}`],
    ['[1]', '{"_raw":"[1]"}'],
    ['null', '{"_raw":"null"}'],
    ['"x"', String.raw`{"_raw":"\"x\""}`],
    ['Paris \ud83d', '{"_raw":"Paris \ufffd"}'],
  ])('%j are %s', (args, expected) => {
    expect(shown(user('hi'), calls(call('a', 'f', args)), tool('a'))[1]).toBe(`a:f#a(${expected})`)
  })

  it.each([
    ['depth', (levels: number) => '{"a":'.repeat(levels) + '1' + '}'.repeat(levels), 64],
    ['values', (count: number) => `{"a":[${Array.from({ length: count }, () => '1').join()}]}`, 29_999],
  ])('that are too deep or too many stay text, and are never parsed (%s)', (_, json, most) => {
    const given = (args: string) => shown(user('hi'), calls(call('a', 'f', args)), tool('a'))[1]
    expect(given(json(most))).toBe(`a:f#a(${json(most)})`)
    expect(given(json(most + 1))).toMatch(/^a:f#a\(\{"_raw":"\{/)
    const began = performance.now()
    expect(given(json(2_000_000))).toMatch(/^a:f#a\(\{"_raw":"\{/)
    expect(performance.now() - began).toBeLessThan(1000)
  })

  it('share the number of values that are read of a request', () => {
    const half = JSON.stringify({ a: Array.from({ length: 20_000 }, () => 1) })
    const [, said] = shown(user('hi'), calls(call('a', 'f', half), call('b', 'f', half)), tool('a'), tool('b'))
    expect(said).toBe(`a:f#a(${half})|f#b(${JSON.stringify({ _raw: half })})`)
  })
})

describe('ids', () => {
  it('of others are rewritten, call and result together', () => {
    const odd = ['', 'functions.f:0', 'x'.repeat(65), 'ü']
    const results = odd.toReversed().map((id) => tool(id, `for ${id.slice(0, 9)}`))
    expect(shown(user('hi'), calls(...odd.map((id) => call(id))), ...results).slice(1)).toEqual([
      'a:f#call_no_1({})|f#call_no_2({})|f#call_no_3({})|f#call_no_4({})',
      'u:call_no_1=>for |call_no_2=>for functions|call_no_3=>for xxxxxxxxx|call_no_4=>for ü',
    ])
  })

  it('that come again in a later round are made different', () => {
    expect(shown(user('hi'), calls(call('a')), tool('a', '1'), calls(call('a')), tool('a', '2')).slice(1)).toEqual([
      'a:f#a({})',
      'u:a=>1',
      'a:f#call_no_2({})',
      'u:call_no_2=>2',
    ])
  })

  it('that are the same in one message are answered in the order of the calls', () => {
    expect(shown(user('hi'), calls(call('a', 'f'), call('a', 'g')), tool('a', '1'), tool('a', '2')).slice(1)).toEqual([
      'a:f#a({})|g#call_no_2({})',
      'u:a=>1|call_no_2=>2',
    ])
  })

  it('that are made up keep clear of those that are given', () => {
    expect(shown(user('hi'), calls(call('call_no_1'), call('?')), tool('call_no_1'), tool('?'))[1]).toBe(
      'a:f#toolu_no_1({})|f#call_no_2({})',
    )
  })

  it.each([
    ['call_01AbC', 'toolu_01AbC'],
    ['call_', 'toolu_'],
    [`call_${'x'.repeat(59)}`, `call_${'x'.repeat(59)}`],
    ['toolu_01AbC', 'toolu_01AbC'],
    ['fc_1', 'fc_1'],
  ])('are again what the model API gave: %s', (given, expected) => {
    expect(shown(user('hi'), calls(call(given)), tool(given))[1]).toBe(`a:f#${expected}({})`)
  })

  it('that the model API cannot tell apart are made different', () => {
    expect(shown(user('hi'), calls(call('call_a'), call('toolu_a')), tool('call_a'), tool('toolu_a'))[1]).toBe(
      'a:f#toolu_a({})|f#call_no_2({})',
    )
  })

  it('do not change when the conversation grows', () => {
    const round = [calls(call('a'), call('?')), tool('?'), tool('a')]
    const short = shown(user('hi'), ...round)
    expect(shown(user('hi'), ...round, ...round).slice(0, short.length)).toEqual(short)
  })
})

describe('the legacy form', () => {
  it('becomes a call and its result', () => {
    expect(shown(user('hi'), legacy('get', '{"a":1}'), legacyResult('get', 'sunny'), user('and?'))).toEqual([
      'u:hi',
      'a:get#call_no_1({"a":1})',
      'u:call_no_1=>sunny|and?',
    ])
  })

  it('takes no content for an empty result', () => {
    expect(shown(user('hi'), legacy('get'), legacyResult('get', null)).at(-1)).toBe('u:call_no_1=>')
  })
})

describe('what does not add up is refused at its place', () => {
  it.each<[string, string, unknown[]]>([
    ['a result before any call', 'messages[0].tool_call_id', [tool('a')]],
    ['a result of nothing', 'messages[1].tool_call_id', [user('hi'), tool('a')]],
    ['a result of another call', 'messages[2].tool_call_id', [user('hi'), calls(call('a')), tool('b')]],
    ['a second result', 'messages[3].tool_call_id', [user('hi'), calls(call('a')), tool('a'), tool('a')]],
    [
      'a result too late',
      'messages[4].tool_call_id',
      [user('hi'), calls(call('a')), tool('a'), calls(call('b')), tool('a'), tool('b')],
    ],
    ['a call without result', 'messages[1].tool_calls[1].id', [user('hi'), calls(call('a'), call('b')), tool('a')]],
    ['a call at the end', 'messages[2].tool_calls[0].id', [user('hi'), user('!'), calls(call('a'))]],
    ['a call that the user ignores', 'messages[1].tool_calls[0].id', [user('hi'), calls(call('a')), user('and?')]],
    [
      'a call that the assistant ignores',
      'messages[1].tool_calls[1].id',
      [user('hi'), calls(call('a'), call('b')), tool('a'), { role: 'assistant', content: 'x' }, tool('b')],
    ],
    ['a legacy call without result', 'messages[1].function_call', [user('hi'), legacy('f'), user('and?')]],
    ['a legacy result of nothing', 'messages[2].name', [user('hi'), legacy('f'), legacyResult('g')]],
  ])('%s', (_, param, messages) => {
    expect(refused(...messages)).toMatchObject({ code: 'invalid_value', param })
  })

  it('names the ids that wait, not all of them', () => {
    const many = Array.from({ length: 8 }, (_, index) => call(`call_${index}`))
    const { message } = refused(user('hi'), calls(...many))
    expect(message).toContain("'call_0', 'call_1', 'call_2', 'call_3', 'call_4' and 3 more.")
  })

  it('takes thousands of calls under one id', () => {
    const many = Array.from({ length: 5_000 }, () => call('a'))
    expect(refused(user('hi'), calls(...many), tool('a')).param).toBe('messages[1].tool_calls[1].id')
  })
})
