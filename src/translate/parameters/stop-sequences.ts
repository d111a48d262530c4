import type { Turn } from '../../turn/turn.ts'
import type { ChatRequest } from '../../wire/chat-request.ts'

/** An empty sequence would end every answer before it begins: OpenAI takes it and does nothing, and so does this. */
export function stopSequences({ stop }: Pick<ChatRequest, 'stop'>): Pick<Turn, 'stopSequences'> {
  const given = typeof stop === 'string' ? [stop] : (stop ?? [])
  const sequences = [...new Set(given)].filter((sequence) => sequence !== '')
  return sequences.length === 0 ? {} : { stopSequences: sequences }
}
