/** An answer as the API's stream: https://platform.claude.com/docs/en/build-with-claude/streaming */
import type { Answer, AnswerBlock, AnswerUsage, StopReason } from './answer.ts'
import type { JsonObject } from './json-object.ts'
import { signThinking } from './sign-thinking.ts'

export type StreamEvent =
  | { readonly type: 'message_start'; readonly message: WireMessage }
  | { readonly type: 'ping' }
  | { readonly type: 'content_block_start'; readonly index: number; readonly content_block: WireBlock }
  | { readonly type: 'content_block_delta'; readonly index: number; readonly delta: WireDelta }
  | { readonly type: 'content_block_stop'; readonly index: number }
  | {
      readonly type: 'message_delta'
      readonly delta: { readonly stop_reason: StopReason; readonly stop_sequence: string | null }
      readonly usage: WireUsage
    }
  | { readonly type: 'message_stop' }

export interface WireMessage {
  readonly id: string
  readonly type: 'message'
  readonly role: 'assistant'
  readonly model: string
  readonly content: readonly WireBlock[]
  readonly stop_reason: StopReason | null
  readonly stop_sequence: string | null
  readonly usage: WireUsage
}

export type WireBlock =
  | { readonly type: 'thinking'; readonly thinking: string; readonly signature: string }
  | { readonly type: 'text'; readonly text: string }
  | { readonly type: 'tool_use'; readonly id: string; readonly name: string; readonly input: JsonObject }

export type WireDelta =
  | { readonly type: 'thinking_delta'; readonly thinking: string }
  | { readonly type: 'signature_delta'; readonly signature: string }
  | { readonly type: 'text_delta'; readonly text: string }
  | { readonly type: 'input_json_delta'; readonly partial_json: string }

/** Counters are cumulative: a later one replaces an earlier one. */
export interface WireUsage {
  readonly input_tokens: number
  readonly cache_creation_input_tokens: number
  readonly cache_read_input_tokens: number
  readonly cache_creation: { readonly ephemeral_5m_input_tokens: number; readonly ephemeral_1h_input_tokens: number }
  readonly output_tokens: number
  readonly output_tokens_details: { readonly thinking_tokens: number }
  readonly service_tier: 'standard'
}

export function* messageEvents(id: string, answer: Answer): Generator<StreamEvent, void> {
  yield messageStart(id, answer)
  for (const [index, block] of answer.blocks.entries()) {
    yield { type: 'content_block_start', index, content_block: emptyBlock(block) }
    if (index === 0) yield { type: 'ping' }
    for (const delta of deltasOf(block)) yield { type: 'content_block_delta', index, delta }
    yield { type: 'content_block_stop', index }
  }
  yield {
    type: 'message_delta',
    delta: { stop_reason: answer.stopReason, stop_sequence: answer.stopSequence },
    usage: wireUsage(answer.usage),
  }
  yield { type: 'message_stop' }
}

export function messageStart(id: string, { model, usage }: Pick<Answer, 'model' | 'usage'>): StreamEvent {
  const soFar = wireUsage({ ...usage, outputTokens: Math.min(1, usage.outputTokens), thinkingTokens: 0 })
  const message = {
    id,
    type: 'message',
    role: 'assistant',
    model,
    content: [],
    stop_reason: null,
    stop_sequence: null,
    usage: soFar,
  } as const
  return { type: 'message_start', message }
}

export function emptyBlock(block: AnswerBlock): WireBlock {
  switch (block.type) {
    case 'thinking':
      return { type: 'thinking', thinking: '', signature: '' }
    case 'text':
      return { type: 'text', text: '' }
    case 'tool_use':
      return { type: 'tool_use', id: block.id, name: block.name, input: {} }
  }
}

export function* deltasOf(block: AnswerBlock): Generator<WireDelta, void> {
  switch (block.type) {
    case 'thinking': {
      const shown = block.hidden === true ? [] : block.pieces
      for (const thinking of shown) yield { type: 'thinking_delta', thinking }
      yield { type: 'signature_delta', signature: signThinking(shown.join('')) }
      return
    }
    case 'text':
      for (const text of block.pieces) yield { type: 'text_delta', text }
      return
    case 'tool_use':
      yield { type: 'input_json_delta', partial_json: '' }
      for (const json of block.pieces) yield { type: 'input_json_delta', partial_json: json }
  }
}

function wireUsage(usage: AnswerUsage): WireUsage {
  return {
    input_tokens: usage.inputTokens,
    cache_creation_input_tokens: usage.cacheWriteTokens,
    cache_read_input_tokens: usage.cacheReadTokens,
    cache_creation: { ephemeral_5m_input_tokens: usage.cacheWriteTokens, ephemeral_1h_input_tokens: 0 },
    output_tokens: usage.outputTokens,
    output_tokens_details: { thinking_tokens: usage.thinkingTokens },
    service_tier: 'standard',
  }
}
