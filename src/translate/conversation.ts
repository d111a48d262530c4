/**
 * The messages of a request as system prompt and conversation. OpenAI takes roles in any order; the conversation
 * alternates, begins and ends with the user and has no blank text. Its calls are answered at the head of the next message.
 */
import type { Block, Conversation, Message, TextBlock } from '../turn/turn.ts'
import type { ChatMessage } from '../wire/message.ts'
import { contentBlocks, textBlocks } from './content-blocks.ts'
import { createCallNamer } from './tool-ids.ts'
import { callsOf, type GivenCall, type GivenResult, type OpenCall, resultOf, settle } from './tool-messages.ts'
import { unsupported } from './unsupported.ts'

/** Stands before an assistant's message that begins the conversation. */
export const OPENING = '(The conversation begins with the assistant.)'
/** Stands after an assistant's message that ends it: models refuse to go on with words put into their mouth. */
export const CONTINUE = 'Continue.'
/** Stands for a user turn that has no text. */
export const EMPTY = '(empty)'

interface Entry {
  readonly role: 'user' | 'assistant'
  readonly text: TextBlock[]
  /** An assistant's. */
  readonly calls: GivenCall[]
  /** A user's: what came back for the calls of the entry before. */
  readonly results: GivenResult[]
}

/** @throws ApiError naming a message or part that cannot be carried, a call without result or a result without call. */
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
  return { ...(system === '' ? {} : { system }), conversation: toMessages(alternate(entries)) }
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
      const text = contentBlocks(message.content, `${at}.content`)
      if (isQuestion) return [entry('user', { text })]
      return text.length === 0 ? [] : [entry('user', { text: [markSystem(text)] })]
    }
    case 'user':
      return [entry('user', { text: contentBlocks(message.content, `${at}.content`) })]
    case 'assistant': {
      if (message.audio) throw unsupported(`${at}.audio`, 'The models of Claude Code do not take audio.')
      const text = contentBlocks(message.content ?? '', `${at}.content`)
      text.push(...textBlocks(message.refusal ?? ''))
      const calls = callsOf(message, at)
      return text.length === 0 && calls.length === 0 ? [] : [entry('assistant', { text, calls })]
    }
    case 'tool':
    case 'function':
      return [entry('user', { results: [resultOf(message, at)] })]
  }
}

function entry(role: Entry['role'], parts: Partial<Entry>): Entry {
  return { text: [], calls: [], results: [], ...parts, role }
}

/** A system message in mid-conversation stays where it is, told apart from the user's words. */
function markSystem(blocks: readonly TextBlock[]): TextBlock {
  const text = blocks.map((block) => block.text).join('\n\n')
  return { type: 'text', text: `<system-message>\n${text}\n</system-message>` }
}

function alternate(entries: readonly Entry[]): Entry[] {
  const merged: Entry[] = []
  const add = (next: Entry) => {
    const last = merged.at(-1)
    if (last?.role !== next.role) {
      merged.push(entry(next.role, { text: [...next.text], calls: [...next.calls], results: [...next.results] }))
      return
    }
    // Not push(...blocks): a message may have more parts than a call may have arguments.
    for (const block of next.text) last.text.push(block)
    for (const call of next.calls) last.calls.push(call)
    for (const result of next.results) last.results.push(result)
  }
  if (entries[0]?.role === 'assistant') add(fixed(OPENING))
  for (const next of entries) add(next)
  if (merged.at(-1)?.role !== 'user') add(merged.length === 0 ? fixed(EMPTY) : fixed(CONTINUE))
  return merged
}

function fixed(text: string): Entry {
  return entry('user', { text: [{ type: 'text', text }] })
}

/** What was said comes before the calls, and results before all else. */
function toMessages(entries: readonly Entry[]): Message[] {
  const nameCall = createCallNamer(entries.flatMap(({ calls }) => calls.flatMap(({ id }) => id ?? [])))
  let open: OpenCall[] = []
  return entries.map(({ role, text, calls, results }) => {
    const settled = settle(open, results)
    open = calls.map((call) => {
      const { name, input } = call
      return { call, block: { type: 'tool_call', id: nameCall(call.id), name, input } }
    })
    const content: Block[] = [...settled, ...text, ...open.map(({ block }) => block)]
    return { role, content: content.length === 0 ? fixed(EMPTY).text : content }
  })
}
