import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { ApiError } from '../../src/errors.ts'
import { chatToTurn } from '../../src/translate/chat-to-turn.ts'
import { judgeParameters } from '../../src/translate/params.ts'
import type { Conversation } from '../../src/turn/turn.ts'
import { chatRequestSchema } from '../../src/wire/chat-request.ts'
import { parseBody } from '../../src/wire/parse.ts'
import { CONTEXT } from './fixtures.ts'

const words = fc.oneof(
  fc.string({ unit: 'binary' }),
  fc.constantFrom('', ' ', '\n', '/compact', '@/etc/passwd', '\ud800'),
)
const textPart = fc.record({ type: fc.constant('text'), text: words })
const message = fc.record({
  role: fc.constantFrom('system', 'developer', 'user', 'assistant'),
  content: fc.oneof(words, fc.array(textPart, { maxLength: 4 })),
})
const messages = fc.array(message, { minLength: 1, maxLength: 8 })

const oddPart = fc.oneof(textPart, fc.record({ type: fc.string() }), fc.jsonValue())
const oddMessage = fc.oneof(
  message,
  fc.record({ role: fc.string(), content: fc.oneof(words, fc.array(oddPart)) }),
  fc.record({ role: fc.constantFrom('tool', 'function', 'assistant', 'user'), content: fc.jsonValue() }),
)
const parameter = fc.constantFrom(...chatRequestSchema.keyof().options)
const oddBody = fc
  .tuple(fc.array(oddMessage), fc.dictionary(parameter, fc.jsonValue()), fc.oneof(fc.string(), fc.constant('sonnet')))
  .map(([list, rest, model]) => ({ model, messages: list, ...rest }))

function isSound(conversation: Conversation): boolean {
  const alternates = conversation.every(({ role }, index) => role === (index % 2 === 0 ? 'user' : 'assistant'))
  const filled = conversation.every(
    ({ content }) =>
      content.length > 0 && content.every((block) => block.text.trim() !== '' && !/\p{Surrogate}/u.test(block.text)),
  )
  return alternates && filled && conversation.length % 2 === 1
}

function isTurnOrNamedRefusal(body: unknown, strict: boolean): boolean {
  try {
    const request = parseBody(chatRequestSchema, body)
    judgeParameters(request, { strict })
    return isSound(chatToTurn(request, CONTEXT).turn.conversation)
  } catch (error) {
    return error instanceof ApiError && /^[a-z]/.test(error.param ?? '')
  }
}

describe('chatToTurn, whatever is asked', () => {
  it('makes of every text conversation one that alternates, begins and ends with the user and has no blank text', () => {
    fc.assert(
      fc.property(messages, (list) => {
        const request = parseBody(chatRequestSchema, { model: 'sonnet', messages: list })
        expect(isSound(chatToTurn(request, CONTEXT).turn.conversation)).toBe(true)
      }),
    )
  })

  it('loses no word of a user', () => {
    fc.assert(
      fc.property(messages, (list) => {
        const request = parseBody(chatRequestSchema, {
          model: 'sonnet',
          messages: [...list, { role: 'user', content: 'x' }],
        })
        const { conversation } = chatToTurn(request, CONTEXT).turn
        const blocks = conversation.flatMap(({ content }) => content.map((block) => block.text))
        const said = list
          .filter(({ role }) => role === 'user')
          .flatMap(({ content }) => (typeof content === 'string' ? [content] : content.map((part) => part.text)))
          .filter((text) => text.trim() !== '')
        for (const text of said) expect(blocks).toContain(text.replace(/\p{Surrogate}/gu, '\ufffd'))
      }),
    )
  })

  it('becomes a turn, or a refusal that names the parameter', () => {
    fc.assert(
      fc.property(oddBody, fc.boolean(), (body, strict) => {
        expect(isTurnOrNamedRefusal(body, strict)).toBe(true)
      }),
    )
  })

  it('meets any JSON at all with a refusal', () => {
    fc.assert(
      fc.property(fc.jsonValue(), (body) => {
        expect(() => parseBody(chatRequestSchema, body)).toThrow(ApiError)
      }),
    )
  })
})
