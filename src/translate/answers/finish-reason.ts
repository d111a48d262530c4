import type { FinishReason } from '../../turn/turn-event.ts'
import type { ChatFinishReason } from '../../wire/chat-response.ts'

/** @param isLegacy whether calls are answered in their older form */
export function finishReason(reason: FinishReason, isLegacy: boolean): ChatFinishReason {
  switch (reason) {
    case 'done':
    case 'stop_sequence':
      return 'stop'
    case 'tool_calls':
      return isLegacy ? 'function_call' : 'tool_calls'
    case 'length':
      return 'length'
    case 'refusal':
      return 'content_filter'
  }
}
