import type { FinishReason } from '../turn/turn-event.ts'
import type { ChatFinishReason } from '../wire/chat-response.ts'

export function finishReason(reason: FinishReason): ChatFinishReason {
  switch (reason) {
    case 'done':
    case 'stop_sequence':
      return 'stop'
    case 'length':
      return 'length'
    case 'refusal':
      return 'content_filter'
  }
}
