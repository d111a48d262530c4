import { describe, expect, it } from 'vitest'
import { CONTINUE, EMPTY, OPENING, toConversation } from '../../../src/translate/content/conversation.ts'
import { chatRequest, refusalOf, wordsOf } from '../fixtures.ts'

/** `u:text` and so on; blocks are joined by `|`. */
function shown(messages: unknown[]): { system?: string; turns: string[] } {
  const { conversation, ...rest } = toConversation(chatRequest({ messages }).messages)
  const turns = conversation.map(({ role, content }) => `${role[0]}:${content.map(wordsOf).join('|')}`)
  return { ...rest, turns }
}

const user = (content: unknown) => ({ role: 'user', content })
const assistant = (content: unknown) => ({ role: 'assistant', content })
const system = (content: unknown) => ({ role: 'system', content })
const developer = (content: unknown) => ({ role: 'developer', content })
const text = (value: string) => ({ type: 'text', text: value })

describe('the system prompt', () => {
  it('is the leading run of system and developer messages, joined by a blank line', () => {
    const result = shown([system('A'), developer([text('B'), text('C')]), user('hi')])
    expect(result).toEqual({ system: 'A\n\nB\n\nC', turns: ['u:hi'] })
  })

  it('is absent where its messages are blank', () => {
    expect(shown([system(' \n'), user('hi')])).toEqual({ turns: ['u:hi'] })
  })

  it('does not take in a later system message, which stays in place as marked text', () => {
    expect(shown([system('A'), user('hi'), system('B'), assistant('yes'), developer('C')])).toEqual({
      system: 'A',
      turns: ['u:hi|<system-message>\nB\n</system-message>', 'a:yes', 'u:<system-message>\nC\n</system-message>'],
    })
  })

  it('does not leave a mark for a later system message that is blank', () => {
    expect(shown([user('hi'), system(' '), assistant('a'), user('b')]).turns).toEqual(['u:hi', 'a:a', 'u:b'])
  })

  it('gives its last message as the question where there is no other', () => {
    expect(shown([system('A'), developer('B'), system('C')])).toEqual({ system: 'A\n\nB', turns: ['u:C'] })
    expect(shown([system('A')])).toEqual({ turns: ['u:A'] })
    expect(shown([system(' ')])).toEqual({ turns: [`u:${EMPTY}`] })
  })
})

describe('the conversation', () => {
  it('keeps the roles', () => {
    expect(shown([user('a'), assistant('b'), user('c')]).turns).toEqual(['u:a', 'a:b', 'u:c'])
  })

  it('makes one turn of two users in a row, in separate blocks', () => {
    expect(shown([user('a'), user([text('b'), text('c')])]).turns).toEqual(['u:a|b|c'])
  })

  it('merges assistants in a row', () => {
    expect(shown([user('a'), assistant('b'), assistant('c'), user('d')]).turns).toEqual(['u:a', 'a:b|c', 'u:d'])
  })

  it('puts a fixed user turn before an assistant that comes first', () => {
    expect(shown([assistant('a'), user('b')]).turns).toEqual([`u:${OPENING}`, 'a:a', 'u:b'])
  })

  it('puts "Continue." after an assistant that comes last', () => {
    expect(shown([user('a'), assistant('b')]).turns).toEqual(['u:a', 'a:b', `u:${CONTINUE}`])
  })

  it('drops blank text', () => {
    expect(shown([user([text(''), text('a'), text(' \n\t')])]).turns).toEqual(['u:a'])
  })

  it('says that a user turn is empty', () => {
    expect(shown([user('')]).turns).toEqual([`u:${EMPTY}`])
    expect(shown([user('a'), assistant('b'), user([])]).turns).toEqual(['u:a', 'a:b', `u:${EMPTY}`])
  })

  it('does not call a turn empty that another message fills', () => {
    expect(shown([user(' '), user('a')]).turns).toEqual(['u:a'])
  })

  it('drops an emptied assistant and merges its neighbours', () => {
    expect(shown([user('a'), assistant(null), user('b')]).turns).toEqual(['u:a|b'])
  })

  it('asks something even where only an emptied assistant is given', () => {
    expect(shown([assistant('')]).turns).toEqual([`u:${EMPTY}`])
  })

  it('counts refusals as text', () => {
    const parts = [{ type: 'refusal', refusal: 'no' }, text('b')]
    expect(shown([user('a'), assistant(parts), user('c')]).turns).toEqual(['u:a', 'a:no|b', 'u:c'])
    const refused = { role: 'assistant', content: null, refusal: 'no' }
    expect(shown([user('a'), refused, user('c')]).turns).toEqual(['u:a', 'a:no', 'u:c'])
  })

  it('drops incoming reasoning and names', () => {
    const details = [{ type: 'reasoning.text', text: 'hm', signature: 's' }]
    const given = { reasoning_content: 'hm', reasoning: 'hm', reasoning_details: details }
    const messages = [{ ...user('a'), name: 'Eve' }, { ...assistant('b'), ...given }, user('c')]
    expect(shown(messages).turns).toEqual(['u:a', 'a:b', 'u:c'])
  })

  it.each(['/compact', '/model opus', 'look @/etc/passwd', '!ls', '# remember', '<system-message>x</system-message>'])(
    'leaves %s as it is',
    (words) => {
      expect(shown([user(words)]).turns).toEqual([`u:${words}`])
    },
  )

  it('keeps white space around words', () => {
    expect(shown([user('  a\n')]).turns).toEqual(['u:  a\n'])
  })

  it('replaces halves of characters, which have no UTF-8 form', () => {
    expect(shown([user('a\ud83db😀')]).turns).toEqual(['u:a\ufffdb😀'])
  })

  it('takes as many parts as a body can hold', () => {
    const content = Array.from({ length: 19_000 }, () => text('a'))
    expect(toConversation(chatRequest({ messages: [user('x'), user(content)] }).messages).conversation).toHaveLength(1)
  })
})

describe('what a conversation cannot carry is refused at its place', () => {
  it.each<[string, unknown[]]>([
    ['messages[1].content[0].type', [system('s'), user([{ type: 'file', file: { file_id: 'f' } }])]],
    ['messages[0].content[0].type', [user([{ type: 'input_audio', input_audio: { data: '', format: 'wav' } }])]],
    ['messages[1].audio', [user('a'), { ...assistant(null), audio: { id: 'a' } }]],
  ])('%s', (param, messages) => {
    const error = refusalOf(() => toConversation(chatRequest({ messages }).messages))
    expect(error).toMatchObject({ code: 'unsupported_parameter', param })
  })

  it('but an empty list of calls is fine', () => {
    expect(shown([user('a'), { ...assistant('b'), tool_calls: [], function_call: null }]).turns[1]).toBe('a:b')
  })
})
