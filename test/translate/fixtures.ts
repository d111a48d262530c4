import { ApiError } from '../../src/errors.ts'
import { type Asking, type Attempt, chatToTurn, type ChatContext } from '../../src/translate/chat-to-turn.ts'
import { createModelCapabilities } from '../../src/engine/model-capabilities.ts'
import type { Verdict } from '../../src/json-schema/schema-validator.ts'
import type { CallForm } from '../../src/translate/tools/call-form.ts'
import { createChatRenderer } from '../../src/translate/answers/turn-to-chat.ts'
import type { TurnEvent } from '../../src/turn/turn-event.ts'
import type { ChatChunk } from '../../src/wire/chat-chunk.ts'
import { findModel, type Model } from '../../src/turn/model.ts'
import type { Block, Turn } from '../../src/turn/turn.ts'
import { chatRequestSchema, type ChatRequest } from '../../src/wire/chat-request.ts'
import { parseBody } from '../../src/wire/parse.ts'

export const OPUS: Model = {
  id: 'claude-opus-5-5',
  aliases: ['opus', 'default'],
  displayName: 'Opus 5.5',
  description: 'For hard work',
  efforts: ['low', 'medium', 'high', 'xhigh', 'max'],
  thinkingCanBeOff: false,
}

export const SONNET: Model = {
  id: 'claude-sonnet-5-5',
  aliases: ['sonnet'],
  displayName: 'Sonnet 5.5',
  description: 'For every day',
  efforts: ['low', 'medium', 'high'],
  thinkingCanBeOff: true,
}

export const HAIKU: Model = {
  id: 'claude-haiku-5-5',
  aliases: ['haiku'],
  displayName: 'Haiku 5.5',
  description: 'Quick',
  efforts: [],
  thinkingCanBeOff: true,
}

export const CONTEXT: ChatContext = {
  requestId: 'req_1',
  principal: { id: 'anonymous' },
  models: [OPUS, SONNET, HAIKU],
  aliases: {},
  defaultModel: undefined,
  capabilities: createModelCapabilities((name) => findModel([OPUS, SONNET, HAIKU], name)).of,
  schemas: { validate: (_, answer) => Promise.resolve(verdictOn(answer)) },
}

/** Every schema allows objects with `good`. */
function verdictOn(answer: string): Verdict {
  return answer.includes('"good"') ? { type: 'fits' } : { type: 'misfit', message: 'it is not good' }
}

/** A checked request with these parameters. */
export function chatRequest(parameters: Readonly<Record<string, unknown>> = {}): ChatRequest {
  return parseBody(chatRequestSchema, {
    model: 'sonnet',
    messages: [{ role: 'user', content: 'hi' }],
    ...parameters,
  })
}

/** A request with these parameters, translated for an attempt. */
export function askingOf(parameters: Readonly<Record<string, unknown>>, attempt: Partial<Attempt> = {}): Asking {
  return chatToTurn(chatRequest(parameters), CONTEXT)({ callId: 'toolu_own', ...attempt })
}

export function turnOf(parameters: Readonly<Record<string, unknown>>): Turn {
  return askingOf(parameters).turn
}

/** What `action` refuses with. */
export function refusalOf(action: () => unknown): ApiError {
  try {
    action()
  } catch (error) {
    if (error instanceof ApiError) return error
    throw error
  }
  throw new Error('it was not refused')
}

/** A block in a few words: `text`, `name#id(input)` for a call, `id=>content` for a result, `[image …]`, `[document …]`, `(thinking)`. */
export function wordsOf(block: Block): string {
  switch (block.type) {
    case 'text':
      return block.text
    case 'image':
      return block.source.type === 'url' ? `[image ${block.source.url}]` : `[image ${block.source.mediaType}]`
    case 'document':
      return `[document ${block.title ?? ''}]`
    case 'reasoning':
      return `(${block.sealed.type})`
    case 'tool_call':
      return `${block.name}#${block.id}(${JSON.stringify(block.input)})`
    case 'tool_result':
      return `${block.callId}=>${block.content.map(wordsOf).join('+')}`
  }
}

/** The chunks of an answer, by a renderer of its own. */
export function renderChunks(events: readonly TurnEvent[], callForm: CallForm): ChatChunk[] {
  const renderer = createChatRenderer({
    id: 'chatcmpl-1',
    created: 1,
    requestedModel: 'm',
    includeUsage: true,
    callForm,
  })
  return events.flatMap((event) => renderer(event))
}
