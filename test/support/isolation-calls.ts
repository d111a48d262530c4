/** The isolation run's turns with a function: what is offered, what is called, and what the call gave. */
import type { Conversation, ToolUse } from '../../src/turn/turn.ts'

export const FUNCTION = 'look_up'

/** A turn whose answer was a call. */
export interface Called {
  readonly principal: string
  readonly conversation: Conversation
  readonly toolUse?: ToolUse
  /** The argument of the call. */
  readonly text: string
}

export function offered(description: string): ToolUse {
  const inputSchema = { type: 'object', properties: { text: { type: 'string' } } }
  return { tools: [{ name: FUNCTION, description, inputSchema }], choice: 'auto', parallel: true }
}

/** The turn that brings what the call gave, and a question. */
export function afterCall(
  { conversation, toolUse, text }: Called,
  mark: (part: number) => string,
): { conversation: Conversation; toolUse: ToolUse } {
  const callId = 'call_of_the_caller'
  return {
    toolUse: toolUse ?? offered(''),
    conversation: [
      ...conversation,
      { role: 'assistant', content: [{ type: 'tool_call', id: callId, name: FUNCTION, input: { text } }] },
      {
        role: 'user',
        content: [
          { type: 'tool_result', callId, content: [{ type: 'text', text: mark(1) }] },
          { type: 'text', text: `question ${mark(0)}` },
        ],
      },
    ],
  }
}

/** Calls that wait for their results, the newest first. */
export function createCalls(): { put(called: Called): void; take(principal: string): Called | undefined } {
  const waiting: Called[] = []
  return {
    put: (called) => waiting.push(called),
    take: (principal) => {
      const index = waiting.findLastIndex((called) => called.principal === principal)
      return index === -1 ? undefined : waiting.splice(index, 1)[0]
    },
  }
}
