/**
 * The messages of a request as system prompt and conversation. OpenAI takes roles in any order; the conversation
 * alternates, begins and ends with the user and has no blank text. Its calls are answered at the head of the next message.
 */
import type { Block, ContentBlock, Conversation, Message, TextBlock } from '../../turn/turn.ts'
import type { ChatMessage } from '../../wire/message.ts'
import { contentBlocks, textBlocks, textContentBlocks } from './content-blocks.ts'
import { checkImageCount } from './image-count.ts'
import { createArgumentsReader, type ReadArguments } from '../tools/call-arguments.ts'
import { createCallNamer } from '../tools/tool-ids.ts'
import { callsOf, type GivenCall, type GivenResult, type OpenCall, resultOf, settle } from '../tools/tool-messages.ts'
import { unsupported } from '../unsupported.ts'

/** Stands before an assistant's message that begins the conversation. */
export const OPENING = '(The conversation begins with the assistant.)'
/** Stands after an assistant's message that ends it: models refuse to go on with words put into their mouth. */
export const CONTINUE = 'Continue.'
/** Stands for a user turn that has nothing in it. */
export const EMPTY = '(empty)'

interface Entry {
  readonly role: 'user' | 'assistant'
  readonly said: ContentBlock[]
  /** An assistant's. */
  readonly calls: GivenCall[]
  /** A user's: what came back for the calls of the entry before. */
  readonly results: GivenResult[]
}

/**
 * @param earlier so many messages come before the request's own, which `messages[0]` then is the first of
 * @throws ApiError naming a message or part that cannot be carried, a call without result or a result without call.
 */
export function toConversation(
  messages: readonly ChatMessage[],
  earlier = 0,
): { system?: string; conversation: Conversation } {
  checkImageCount(messages)
  const first = messages.findIndex((message) => !isSystem(message))
  // With nothing but system messages the last one is the question.
  const split = first === -1 ? messages.length - 1 : first
  const system = messages
    .slice(0, split)
    .flatMap((message) => (isSystem(message) ? textContentBlocks(message.content) : []))
    .map((block) => block.text)
    .join('\n\n')
  const readArguments = createArgumentsReader()
  const entries = messages
    .slice(split)
    .flatMap((message, index) =>
      toEntries(message, split + index - earlier, { isQuestion: first === -1, readArguments }),
    )
  return { ...(system === '' ? {} : { system }), conversation: toMessages(alternate(entries)) }
}

function isSystem(message: ChatMessage): message is Extract<ChatMessage, { role: 'system' | 'developer' }> {
  return message.role === 'system' || message.role === 'developer'
}

interface Reading {
  /** System messages are all there is. */
  readonly isQuestion: boolean
  readonly readArguments: ReadArguments
}

/** What a message after the system prompt adds: one entry, or none. */
function toEntries(message: ChatMessage, index: number, { isQuestion, readArguments }: Reading): Entry[] {
  const at = index < 0 ? 'session_id' : `messages[${index}]`
  switch (message.role) {
    case 'system':
    case 'developer': {
      const said = textContentBlocks(message.content)
      if (isQuestion) return [entry('user', { said })]
      return said.length === 0 ? [] : [entry('user', { said: [markSystem(said)] })]
    }
    case 'user':
      return [entry('user', { said: contentBlocks(message.content, `${at}.content`) })]
    case 'assistant': {
      if (message.audio) throw unsupported(`${at}.audio`, 'The models of Claude Code do not take audio.')
      const said = [...textContentBlocks(message.content ?? ''), ...textBlocks(message.refusal ?? '')]
      const calls = callsOf(message, at, readArguments)
      return said.length === 0 && calls.length === 0 ? [] : [entry('assistant', { said, calls })]
    }
    case 'tool':
    case 'function':
      return [entry('user', { results: [resultOf(message, at)] })]
  }
}

function entry(role: Entry['role'], parts: Partial<Entry>): Entry {
  return { said: [], calls: [], results: [], ...parts, role }
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
      merged.push(entry(next.role, { said: [...next.said], calls: [...next.calls], results: [...next.results] }))
      return
    }
    // Not push(...blocks): a message may have more parts than a call may have arguments.
    for (const block of next.said) last.said.push(block)
    for (const call of next.calls) last.calls.push(call)
    for (const result of next.results) last.results.push(result)
  }
  if (entries[0]?.role === 'assistant') add(fixed(OPENING))
  for (const next of entries) add(next)
  if (merged.at(-1)?.role !== 'user') add(merged.length === 0 ? fixed(EMPTY) : fixed(CONTINUE))
  return merged
}

function fixed(text: string): Entry {
  return entry('user', { said: [{ type: 'text', text }] })
}

/** What was said comes before the calls, and results before all else. */
function toMessages(entries: readonly Entry[]): Message[] {
  const nameCall = createCallNamer(entries.flatMap(({ calls }) => calls.flatMap(({ id }) => id ?? [])))
  let open: OpenCall[] = []
  return entries.map(({ role, said, calls, results }) => {
    const settled = settle(open, results)
    open = calls.map((call) => {
      const { name, input } = call
      return { call, block: { type: 'tool_call', id: nameCall(call.id), name, input } }
    })
    const content: Block[] = [...settled, ...said, ...open.map(({ block }) => block)]
    return { role, content: content.length === 0 ? fixed(EMPTY).said : content }
  })
}
