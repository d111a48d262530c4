/** Pieces of requests, and the check that the strict rules refuse what they should. */
import { describe, expect, it } from 'vitest'
import { signThinking } from '../../src/demo/sign-thinking.ts'
import { validateRequest } from '../../src/demo/validate-request.ts'
import { requestBody, USER_SAYS_HI } from './messages-client.ts'

export const TOOL = {
  name: 'get_weather',
  input_schema: { type: 'object', properties: { city: { type: 'string' } }, required: ['city'] },
}
export const CALL = { type: 'tool_use', id: 'toolu_1', name: 'get_weather', input: {} }
export const RESULT = { type: 'tool_result', tool_use_id: 'toolu_1', content: 'sunny' }
export const THOUGHT = { type: 'thinking', thinking: 'Hm.', signature: signThinking('Hm.') }
export const MARK = { cache_control: { type: 'ephemeral' } }
export const ADAPTIVE = { thinking: { type: 'adaptive' } }
export const BUDGET = { thinking: { type: 'enabled', budget_tokens: 1024 }, max_tokens: 2000 }

export const user = (...content: unknown[]) => ({ role: 'user', content })
export const assistant = (...content: unknown[]) => ({ role: 'assistant', content })
export const text = (words: string, more: object = {}) => ({ type: 'text', text: words, ...more })
export const messages = (...list: unknown[]) => ({ messages: list })
export const toolLoop = (...turn: unknown[]) => messages(...USER_SAYS_HI, assistant(...turn), user(RESULT))
export const format = (schema: object) => ({ output_config: { format: { type: 'json_schema', schema } } })
export const object = (properties: object) => ({ type: 'object', properties, additionalProperties: false })
export const tool = (name: string, more: object = {}) => ({ ...TOOL, name, ...more })

/** What goes into the request, and the message: whole, or as a pattern. */
export type Case = readonly [title: string, more: Record<string, unknown>, message: string | RegExp]

export function describeRefusals(refused: Readonly<Record<string, readonly Case[]>>): void {
  for (const [subject, cases] of Object.entries(refused)) {
    describe(`a request is refused for ${subject}`, () => {
      it.each(cases)('%s', (_title, more, message) => {
        expect(validateRequest(requestBody(more)).problem).toEqual({
          status: 400,
          type: 'invalid_request_error',
          message: expect.stringMatching(typeof message === 'string' ? exactly(message) : message),
        })
      })
    })
  }
}

function exactly(message: string): RegExp {
  return new RegExp(`^${message.replaceAll(/[$()*+.?[\\\]^{|}]/g, '\\$&')}$`)
}
