import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { validateSchema } from '../../src/demo/validate-schema.ts'
import { ApiError } from '../../src/errors.ts'
import { chatToTurn } from '../../src/translate/chat-to-turn.ts'
import { settleFates } from '../../src/translate/parameters/fates.ts'
import { judgeChat } from '../../src/translate/parameters/params.ts'
import type { Block, Conversation, Turn } from '../../src/turn/turn.ts'
import { chatRequestSchema } from '../../src/wire/chat-request.ts'
import { parseBody } from '../../src/wire/parse.ts'
import { CONTEXT, wordsOf } from './fixtures.ts'

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

const url = fc.oneof(
  fc.webUrl({ validSchemes: ['https', 'http', 'ftp'], withQueryParameters: true }),
  fc.base64String().map((data) => `data:image/png;base64,${data}`),
  fc.constantFrom('data:image/gif;base64,R0lGODlhAQABAAAA', 'https://', 'data:,', '\ud800'),
  words,
)
const attachment = fc.oneof(
  fc.record({ type: fc.constant('image_url'), image_url: fc.record({ url }) }),
  fc.record({
    type: fc.constant('file'),
    file: fc.record(
      { file_data: fc.oneof(fc.base64String(), url), file_id: words, filename: words },
      { requiredKeys: [] },
    ),
  }),
)
const oddPart = fc.oneof(textPart, attachment, fc.record({ type: fc.string() }), fc.jsonValue())
const oddMessage = fc.oneof(
  message,
  fc.record({ role: fc.string(), content: fc.oneof(words, fc.array(oddPart)) }),
  fc.record({ role: fc.constantFrom('tool', 'function', 'assistant', 'user'), content: fc.jsonValue() }),
)
const parameter = fc.constantFrom(...chatRequestSchema.keyof().options)
const oddBody = fc
  .tuple(fc.array(oddMessage), fc.dictionary(parameter, fc.jsonValue()), fc.oneof(fc.string(), fc.constant('sonnet')))
  .map(([list, rest, model]) => ({ model, messages: list, ...rest }))

const name = fc.constantFrom('f', 'g', 'Bash', 'not a name', '')
const schema = fc.oneof(
  fc.constantFrom(
    {},
    { type: 'object', properties: {} },
    { type: 'string' },
    { anyOf: [{ required: ['a'] }] },
    { $ref: '#' },
  ),
  fc.dictionary(fc.constantFrom('type', 'anyOf', 'allOf', '$ref', 'properties'), fc.jsonValue()),
)
const tool = fc.oneof(
  fc.record({ type: fc.constant('function'), function: fc.record({ name, parameters: schema, strict: fc.boolean() }) }),
  fc.record({ type: fc.constant('custom'), custom: fc.record({ name }) }),
)
const choice = fc.oneof(
  fc.constantFrom(null, 'none', 'auto', 'required'),
  tool,
  fc.record({
    type: fc.constant('allowed_tools'),
    allowed_tools: fc.record({ mode: fc.constantFrom('auto', 'required'), tools: fc.array(tool, { maxLength: 2 }) }),
  }),
)
const legacyFunction = fc.record({ name, parameters: schema })
const id = fc.constantFrom('a', 'b', '', 'odd id', 'call_no_1')
const args = fc.oneof(fc.json(), fc.constantFrom('', '{}', '{"a":'))
const call = fc.oneof(
  fc.record({
    type: fc.constant('function'),
    id,
    function: fc.record({ name: fc.constantFrom('f', 'g'), arguments: args }),
  }),
  fc.record({ type: fc.constant('custom'), id, custom: fc.record({ name: fc.constantFrom('f', 'g'), input: words }) }),
)
/** An assistant's calls with their results, in any order. */
const round = fc
  .array(call, { minLength: 1, maxLength: 3 })
  .chain((tool_calls) =>
    fc
      .shuffledSubarray(tool_calls, { minLength: tool_calls.length })
      .map((answered) => [
        { role: 'assistant', content: null, tool_calls },
        ...answered.map((one) => ({ role: 'tool', tool_call_id: one.id, content: `${one.id}: done` })),
      ]),
  )
const richPart = fc.oneof(
  textPart,
  fc.constantFrom(
    { type: 'image_url', image_url: { url: 'https://pictures.example/a.png' } },
    { type: 'image_url', image_url: { url: 'http://pictures.example/a.png' } },
    { type: 'file', file: { filename: 'a.txt', file_data: Buffer.from('some words').toString('base64') } },
    { type: 'file', file: { file_id: 'file-1' } },
  ),
)
const loose = fc.oneof(
  message,
  fc.record({ role: fc.constantFrom('user', 'tool'), tool_call_id: id, content: fc.array(richPart, { maxLength: 3 }) }),
  fc.record({ role: fc.constant('assistant'), tool_calls: fc.array(call, { maxLength: 2 }) }),
  fc.record({ role: fc.constant('tool'), tool_call_id: id, content: words }),
  fc.record({ role: fc.constant('function'), name, content: words }),
  fc.record({ role: fc.constant('assistant'), function_call: fc.record({ name, arguments: args }) }),
)
const responseFormat = fc.oneof(
  fc.record({ type: fc.constantFrom('text', 'json_object', 'json_schema') }),
  fc.record({ type: fc.constant('json_schema'), json_schema: fc.record({ name, schema, strict: fc.boolean() }) }),
)
const toolBody = fc.record(
  {
    model: fc.constantFrom('sonnet', 'claude-haiku-4-5', 'claude-sonnet-4'),
    response_format: responseFormat,
    messages: fc
      .array(fc.oneof(round, fc.tuple(loose), fc.tuple(message)), { minLength: 1, maxLength: 5 })
      .map((all) => all.flat()),
    tools: fc.array(tool, { maxLength: 3 }),
    tool_choice: choice,
    parallel_tool_calls: fc.boolean(),
    functions: fc.array(legacyFunction, { maxLength: 2 }),
    function_call: fc.oneof(fc.constantFrom('none', 'auto'), fc.record({ name })),
  },
  { requiredKeys: ['model', 'messages'] },
)

function isSound({ conversation, toolUse, outputSchema }: Turn): boolean {
  const alternates = conversation.every(({ role }, index) => role === (index % 2 === 0 ? 'user' : 'assistant'))
  const filled = conversation.every(({ content }) => content.length > 0 && content.every(isSendable))
  const names = toolUse?.tools.map((offered) => offered.name) ?? []
  const chosen = typeof toolUse?.choice === 'object' ? [toolUse.choice.name] : []
  const offers =
    toolUse === undefined ||
    (names.length > 0 &&
      new Set(names).size === names.length &&
      chosen.every((wanted) => names.includes(wanted)) &&
      toolUse.tools.every(({ inputSchema }) => inputSchema['type'] === 'object'))
  const schemas = [
    outputSchema,
    ...(toolUse?.tools ?? []).map((offer) => (offer.strict ? offer.inputSchema : undefined)),
  ]
  const isTaken = schemas.every((held) => held === undefined || validateSchema(held, 'schema') === undefined)
  return isTaken && alternates && filled && conversation.length % 2 === 1 && isPaired(conversation) && offers
}

function isSendable(block: Block): boolean {
  if (/\\ud[89a-f]/.test(JSON.stringify(block).replaceAll('\\\\', ''))) return false
  return block.type !== 'text' || block.text.trim() !== ''
}

/** Ids are sendable and used once, and the results of a message stand at the head of the next, in their order. */
function isPaired(conversation: Conversation): boolean {
  const idsOf = (content: readonly Block[]) =>
    content.flatMap((block) => (block.type === 'tool_call' ? [block.id] : []))
  const ids = conversation.flatMap(({ content }) => idsOf(content))
  const answered = conversation.every(({ content }, index) => {
    const expected = idsOf(conversation[index - 1]?.content ?? [])
    const results = content.map((block) => (block.type === 'tool_result' ? block.callId : undefined))
    const all = results.filter((callId) => callId !== undefined)
    return (
      JSON.stringify(results.slice(0, expected.length)) === JSON.stringify(expected) && all.length === expected.length
    )
  })
  return answered && new Set(ids).size === ids.length && ids.every((callId) => /^[a-zA-Z0-9_-]{1,64}$/.test(callId))
}

/** True for a turn that is sound; 'refused' for a 400 that names a parameter. */
function outcomeOf(body: unknown, strict: boolean): boolean | 'refused' {
  try {
    const request = parseBody(chatRequestSchema, body)
    settleFates(judgeChat(request), { strict })
    return isSound(chatToTurn(request, CONTEXT)({ callId: 'toolu_own' }).turn)
  } catch (error) {
    return error instanceof ApiError && /^[a-z]/.test(error.param ?? '') ? 'refused' : false
  }
}

describe('chatToTurn, whatever is asked', () => {
  it('makes of every text conversation one that alternates, begins and ends with the user and has no blank text', () => {
    fc.assert(
      fc.property(messages, (list) => {
        const request = parseBody(chatRequestSchema, { model: 'sonnet', messages: list })
        expect(isSound(chatToTurn(request, CONTEXT)({ callId: 'toolu_own' }).turn)).toBe(true)
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
        const { conversation } = chatToTurn(request, CONTEXT)({ callId: 'toolu_own' }).turn
        const blocks = conversation.flatMap(({ content }) => content.map(wordsOf))
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
        expect(outcomeOf(body, strict)).not.toBe(false)
      }),
    )
  })

  it('becomes a turn or such a refusal, whatever is attached', () => {
    const content = fc.array(fc.oneof(textPart, attachment), { maxLength: 3 })
    fc.assert(
      fc.property(content, fc.constantFrom('user', 'tool'), (parts, role) => {
        const asked = { role, content: parts, tool_call_id: 'a' }
        const called = {
          role: 'assistant',
          tool_calls: [{ type: 'custom', id: 'a', custom: { name: 'f', input: '' } }],
        }
        const list = role === 'tool' ? [called, asked] : [asked]
        expect(outcomeOf({ model: 'sonnet', messages: list }, false)).not.toBe(false)
      }),
      { numRuns: 300 },
    )
  })

  it('becomes a turn or such a refusal, whatever is asked of functions', () => {
    fc.assert(
      fc.property(toolBody, (body) => {
        expect(outcomeOf(body, false)).not.toBe(false)
      }),
      { numRuns: 500 },
    )
  })

  it('takes every conversation in which each call has its result', () => {
    fc.assert(
      fc.property(fc.array(fc.oneof(round, fc.tuple(message)), { minLength: 1, maxLength: 6 }), (rounds) => {
        expect(outcomeOf({ model: 'sonnet', messages: rounds.flat() }, false)).toBe(true)
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
