/**
 * The messages of a request as system prompt and conversation. OpenAI takes roles in any order; the conversation
 * alternates, begins and ends with the user and has no blank text.
 */
import type { Conversation, TextBlock } from '../turn/turn.ts'
import type { ChatMessage } from '../wire/message.ts'
import { contentBlocks, textBlocks } from './content-blocks.ts'
import { unsupported } from './unsupported.ts'

/** Stands before an assistant's message that begins the conversation. */
export const OPENING = '(The conversation begins with the assistant.)'
/** Stands after an assistant's message that ends it: models refuse to go on with words put into their mouth. */
export const CONTINUE = 'Continue.'
/** Stands for a user turn that has no text. */
export const EMPTY = '(empty)'

const FUNCTIONS = 'Function calling is not supported by this version.'

interface Entry {
  readonly role: 'user' | 'assistant'
  readonly content: TextBlock[]
}

/** @throws ApiError naming a message or part that cannot be carried. */
export function toConversation(messages: readonly ChatMessage[]): { system?: string; conversation: Conversation } {
  const first = messages.findIndex((message) => !isSystem(message))
  // With nothing but system messages the last one is the question.
  const split = first === -1 ? messages.length - 1 : first
  const system = messages
    .slice(0, split)
    .flatMap((message, index) => systemBlocks(message, index))
    .map((block) => block.text)
    .join('\n\n')
  const entries = messages.slice(split).flatMap((message, index) => toEntries(message, split + index, first === -1))
  return { ...(system === '' ? {} : { system }), conversation: alternate(entries) }
}

function isSystem(message: ChatMessage): boolean {
  return message.role === 'system' || message.role === 'developer'
}

function systemBlocks(message: ChatMessage, index: number): TextBlock[] {
  return contentBlocks(message.content ?? '', `messages[${index}].content`)
}

/** What a message after the system prompt adds: one entry, or none. */
function toEntries(message: ChatMessage, index: number, isQuestion: boolean): Entry[] {
  const at = `messages[${index}]`
  switch (message.role) {
    case 'system':
    case 'developer': {
      const content = contentBlocks(message.content, `${at}.content`)
      if (isQuestion) return [{ role: 'user', content }]
      return content.length === 0 ? [] : [{ role: 'user', content: [markSystem(content)] }]
    }
    case 'user':
      return [{ role: 'user', content: contentBlocks(message.content, `${at}.content`) }]
    case 'assistant': {
      if ((message.tool_calls ?? []).length > 0) throw unsupported(`${at}.tool_calls`, FUNCTIONS)
      if (message.function_call) throw unsupported(`${at}.function_call`, FUNCTIONS)
      if (message.audio) throw unsupported(`${at}.audio`, 'The models of Claude Code do not take audio.')
      const content = contentBlocks(message.content ?? '', `${at}.content`)
      content.push(...textBlocks(message.refusal ?? ''))
      return content.length === 0 ? [] : [{ role: 'assistant', content }]
    }
    case 'tool':
    case 'function':
      throw unsupported(`${at}.role`, FUNCTIONS)
  }
}

/** A system message in mid-conversation stays where it is, told apart from the user's words. */
function markSystem(blocks: readonly TextBlock[]): TextBlock {
  const text = blocks.map((block) => block.text).join('\n\n')
  return { type: 'text', text: `<system-message>\n${text}\n</system-message>` }
}

function alternate(entries: readonly Entry[]): Conversation {
  const merged: Entry[] = []
  const add = (entry: Entry) => {
    const last = merged.at(-1)
    // Not push(...blocks): a message may have more parts than a call may have arguments.
    if (last?.role === entry.role) for (const block of entry.content) last.content.push(block)
    else merged.push({ role: entry.role, content: [...entry.content] })
  }
  if (entries[0]?.role === 'assistant') add(fixed(OPENING))
  for (const entry of entries) add(entry)
  if (merged.at(-1)?.role !== 'user') add(merged.length === 0 ? fixed(EMPTY) : fixed(CONTINUE))
  return merged.map((entry) => (entry.content.length === 0 ? fixed(EMPTY) : entry))
}

function fixed(text: string): Entry {
  return { role: 'user', content: [{ type: 'text', text }] }
}
