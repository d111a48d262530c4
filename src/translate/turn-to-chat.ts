/** A turn's events as the chunks of a streamed answer. The whole answer is a fold over the same chunks: fold-chat.ts. */
import type { TurnEvent } from '../turn/turn-event.ts'
import type { ChatChunk, ChatDelta } from '../wire/chat-chunk.ts'
import type { ChatFinishReason, ChatServiceTier } from '../wire/chat-response.ts'
import type { ChatUsage } from '../wire/usage.ts'
import { createCallRenderer } from './call-deltas.ts'
import type { CallForm } from './call-form.ts'
import { chatUsage } from './chat-usage.ts'
import { finishReason } from './finish-reason.ts'
import { createWholeCharacters } from './whole-characters.ts'

/** What a caller reads where the model declined: the model API gives no words of its own. */
export const REFUSAL = 'The model declined to answer this request.'

export interface ChatRendering {
  /** `chatcmpl-…` */
  readonly id: string
  /** Unix time in seconds. */
  readonly created: number
  /** Named as the model until the engine tells which one answers. */
  readonly requestedModel: string
  readonly includeUsage: boolean
  readonly callForm: CallForm
  readonly serviceTier?: ChatServiceTier | undefined
}

/** Events go in one by one and in order; what comes back is ready to be sent, in order. */
export type ChatRenderer = (event: TurnEvent) => ChatChunk[]

/** The first chunk comes with the first piece of content or the finish, not with `start`: until then a turn may fail. */
export function createChatRenderer(rendering: ChatRendering): ChatRenderer {
  const reasoning = createWholeCharacters()
  const text = createWholeCharacters()
  const calls = createCallRenderer(rendering.callForm)
  let model = rendering.requestedModel
  let begun = false

  const chunk = (choices: ChatChunk['choices'], usage: ChatUsage | null = null): ChatChunk => ({
    id: rendering.id,
    object: 'chat.completion.chunk',
    created: rendering.created,
    model,
    ...(rendering.serviceTier === undefined ? {} : { service_tier: rendering.serviceTier }),
    choices,
    ...(rendering.includeUsage ? { usage } : {}),
  })
  const choice = (delta: ChatDelta, finish: ChatFinishReason | null = null): ChatChunk =>
    chunk([{ index: 0, delta, logprobs: null, finish_reason: finish }])
  const begin = (): ChatChunk[] => {
    if (begun) return []
    begun = true
    return [choice({ role: 'assistant', content: '', refusal: null })]
  }
  const reasoningDelta = (piece: string) => (piece === '' ? [] : [...begin(), choice({ reasoning_content: piece })])
  const textDelta = (piece: string) => (piece === '' ? [] : [...begin(), choice({ content: piece })])
  const callDeltas = (deltas: ChatDelta[]) =>
    deltas.length === 0 ? [] : [...begin(), ...deltas.map((delta) => choice(delta))]
  const heldText = () => [...reasoningDelta(reasoning.end()), ...textDelta(text.end())]

  return (event) => {
    switch (event.type) {
      case 'start':
        if (!begun && event.model !== '') model = event.model
        return []
      case 'reasoning':
        return reasoningDelta(reasoning.push(event.text))
      case 'text':
        return textDelta(text.push(event.text))
      case 'tool_call':
        return [...heldText(), ...callDeltas(calls.begin(event))]
      case 'tool_arguments':
        return callDeltas(calls.push(event.json))
      case 'finish':
        return [
          ...heldText(),
          ...callDeltas(calls.end()),
          ...begin(),
          ...(event.reason === 'refusal' ? [choice({ refusal: REFUSAL })] : []),
          choice({}, finishReason(event.reason, rendering.callForm.isLegacy)),
          ...(rendering.includeUsage ? [chunk([], chatUsage(event.usage))] : []),
        ]
    }
  }
}
