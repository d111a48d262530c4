import { describe, expect, it } from 'vitest'
import { validateRequest } from '../../src/demo/validate-request.ts'
import { requestBody, USER_SAYS_HI } from './messages-client.ts'
import {
  ADAPTIVE,
  BUDGET,
  CALL,
  MARK,
  RESULT,
  THOUGHT,
  TOOL,
  assistant,
  format,
  messages,
  object,
  text,
  toolLoop,
  user,
} from './strict-requests.ts'

describe('a request is taken', () => {
  const TAKEN: readonly (readonly [string, Record<string, unknown>])[] = [
    ['with messages of one role in a row', messages(...USER_SAYS_HI, ...USER_SAYS_HI)],
    ['with a prefill, on a model that has it', messages(...USER_SAYS_HI, assistant(text('So')))],
    [
      'with a system message between a call and its result',
      messages(...USER_SAYS_HI, assistant(CALL), { role: 'system', content: 'Note.' }, user(RESULT)),
    ],
    ['with text behind the tool results', messages(...USER_SAYS_HI, assistant(CALL), user(RESULT, text('and?')))],
    [
      'with a forced tool, thinking off',
      { model: 'claude-sonnet-5', thinking: { type: 'disabled' }, tools: [TOOL], tool_choice: { type: 'any' } },
    ],
    ['with temperature 1 beside thinking', { ...BUDGET, temperature: 1 }],
    ['with a tool call behind its thinking', { ...BUDGET, ...toolLoop(THOUGHT, CALL) }],
    ['with a tool call without thinking, thinking off', toolLoop(CALL)],
    [
      'with a tool call without thinking, on a model that cannot turn it off',
      { model: 'claude-opus-5-5', ...ADAPTIVE, ...toolLoop(CALL) },
    ],
    [
      'with an older tool call without thinking',
      { ...BUDGET, ...messages(...toolLoop(CALL).messages, assistant(text('Sunny.')), ...USER_SAYS_HI) },
    ],
    [
      'with four cache marks',
      { system: [text('a', MARK), text('b', MARK)], messages: [user(text('c', MARK), text('d', MARK))] },
    ],
    [
      'with a reference inside of its schema',
      format({ ...object({ a: { $ref: '#/$defs/a' } }), $defs: { a: { type: 'string' } } }),
    ],
    ["with one of the API's own tools", { tools: [{ type: 'web_search_20250305', name: 'web_search' }] }],
    ['for a dated model id', { model: 'claude-haiku-4-5-20251001' }],
    [
      'with a prompt of a megabyte, on a model with a long context',
      { model: 'claude-opus-5-5', ...messages({ role: 'user', content: 'x'.repeat(1024 ** 2) }) },
    ],
  ]
  it.each(TAKEN)('%s', (_title, more) => {
    expect(validateRequest(requestBody(more)).problem).toBeUndefined()
  })
})

it('an unknown model is a 404 that names it', () => {
  expect(validateRequest(requestBody({ model: 'gpt-4o' })).problem).toEqual({
    status: 404,
    type: 'not_found_error',
    message: 'model: gpt-4o',
  })
})
