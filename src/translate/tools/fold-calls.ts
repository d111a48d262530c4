/** The whole calls of an answer out of the deltas of a streamed one. */
import type { ChatDelta } from '../../wire/chat-chunk.ts'
import type { ChatFunctionCall, ChatToolCall } from '../../wire/chat-response.ts'

export interface CallFold {
  add(delta: ChatDelta): void
  /** What the message has of calls; nothing where there were none. */
  readonly message: { tool_calls?: ChatToolCall[]; function_call?: ChatFunctionCall }
}

export function createCallFold(): CallFold {
  const calls: ChatToolCall[] = []
  let functionCall: ChatFunctionCall | undefined
  return {
    add(delta) {
      for (const piece of delta.tool_calls ?? []) {
        const known = calls[piece.index]
        if (known === undefined) calls[piece.index] = firstPiece(piece)
        else if (known.type === 'function' && 'function' in piece) known.function.arguments += piece.function.arguments
        else if (known.type === 'custom' && 'custom' in piece) known.custom.input += piece.custom.input
      }
      if (delta.function_call === undefined) return
      functionCall ??= { name: delta.function_call.name ?? '', arguments: '' }
      functionCall.arguments += delta.function_call.arguments
    },
    get message() {
      return {
        ...(calls.length === 0 ? {} : { tool_calls: calls }),
        ...(functionCall === undefined ? {} : { function_call: functionCall }),
      }
    },
  }
}

function firstPiece(piece: NonNullable<ChatDelta['tool_calls']>[number]): ChatToolCall {
  const { id = '' } = piece
  return 'function' in piece
    ? { id, type: 'function', function: { name: '', ...piece.function } }
    : { id, type: 'custom', custom: { name: '', ...piece.custom } }
}
