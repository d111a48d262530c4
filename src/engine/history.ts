/**
 * How a conversation gets into a process. Every earlier message becomes a real turn there, never text about a turn.
 * Three ways: nothing to do where the process still holds it, telling it message by message, or starting a process with a
 * transcript.
 */
import type { Block, Conversation, DocumentBlock, ImageBlock, Message } from '../turn/turn.ts'
import type { MessageBlock } from './claude-code.ts'

/**
 * A user message costs a ready process 5-6 ms, an assistant's next to nothing; a process that is started with a transcript
 * has its first token after 0.65 s, however long it is, and one without after 0.6 s (docs/performance.md has the table).
 */
const READY_PROCESS_LIMIT = 160
const NEW_PROCESS_LIMIT = 8

/** Whether starting a new process with these earlier messages is faster than telling them to one that is ready. */
export function isBestResumed(earlierMessages: number): boolean {
  return earlierMessages > READY_PROCESS_LIMIT
}

/** Whether a process that is started anyway had better be started with these earlier messages. */
export function isWorthTranscript(earlierMessages: number): boolean {
  return earlierMessages > NEW_PROCESS_LIMIT
}

/**
 * How many of a conversation's messages a process can be started with: up to the last answer that calls nothing. One that
 * finds calls without results at the end, or no answer there, mends that in words of its own (2.1.330).
 */
export function resumableLength(conversation: Conversation): number {
  const isPlainAnswer = ({ role, content }: Message): boolean =>
    role === 'assistant' && content.every(({ type }) => type !== 'tool_call')
  return conversation.findLastIndex(isPlainAnswer) + 1
}

export interface HistoryTaker {
  /** Resolves when the process has taken the message in: an answer sent before that would overtake it. */
  takeUser(content: readonly MessageBlock[]): Promise<void>
  /** @param model whose answer it is, where that is known */
  takeAnswer(content: readonly MessageBlock[], model: string | undefined): void
}

/**
 * Loads all but the last message, which is the question and left to the caller. Gives back the question's blocks: none
 * where the process has heard it already, which only needs to be asked then.
 */
export async function loadHistory(conversation: Conversation, taker: HistoryTaker): Promise<readonly MessageBlock[]> {
  const question = conversation.at(-1)
  if (question === undefined) return []
  if (question.role !== 'user') throw new Error('a conversation ends with a user message')
  for (const message of conversation.slice(0, -1)) {
    const content = message.content.map(toMessageBlock)
    if (message.role === 'assistant') taker.takeAnswer(content, modelOf(message))
    else await taker.takeUser(content)
  }
  return question.content.map(toMessageBlock)
}

/** Results at the front of the first message are for the calls that the process knows by these ids, in this order. */
export function nameResults(unheard: Conversation, callIds: readonly string[]): Conversation {
  const [first, ...others] = unheard
  if (first === undefined || callIds.length === 0) return unheard
  const content = first.content.map((block, index) =>
    block.type === 'tool_result' ? { ...block, callId: callIds[index] ?? block.callId } : block,
  )
  return [{ ...first, content }, ...others]
}

/** Whose answer it is: a process leaves out what another model than its own has thought (2.1.330). */
export function modelOf({ content }: Message): string | undefined {
  return content.find((block) => block.type === 'reasoning')?.model
}

export function toMessageBlock(block: Block): MessageBlock {
  switch (block.type) {
    case 'text':
      return { type: 'text', text: block.text }
    case 'image':
      return { type: 'image', source: toSource(block.source) }
    case 'document':
      return {
        type: 'document',
        source: toSource(block.source),
        ...(block.title === undefined ? {} : { title: block.title }),
      }
    case 'reasoning':
      return block.sealed
    case 'tool_call':
      return { type: 'tool_use', id: block.id, name: block.name, input: block.input }
    case 'tool_result':
      return {
        type: 'tool_result',
        tool_use_id: block.callId,
        // The model API takes none, but no empty list.
        ...(block.content.length === 0 ? {} : { content: block.content.map(toMessageBlock) }),
      }
  }
}

function toSource(source: ImageBlock['source'] | DocumentBlock['source']): object {
  switch (source.type) {
    case 'base64':
      return { type: 'base64', media_type: source.mediaType, data: source.data }
    case 'text':
      return { type: 'text', media_type: 'text/plain', data: source.data }
    case 'url':
      return { type: 'url', url: source.url }
  }
}
