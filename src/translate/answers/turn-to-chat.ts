/** The events of a request's turns as the chunks of a streamed answer. The whole answer is a fold over the same chunks: fold-chat.ts. */
import type { FinishReason, StartEvent, TurnEvent } from '../../turn/turn-event.ts'
import type { ChatChunk, ChatDelta } from '../../wire/chat-chunk.ts'
import type { ChatServiceTier } from '../../wire/chat-response.ts'
import { createCallRenderer } from '../tools/call-deltas.ts'
import type { CallForm } from '../tools/call-form.ts'
import { toToolEvent } from './tool-event.ts'
import { createCitations } from './citations.ts'
import { createUsageSum } from './usage-sum.ts'
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
  /** Whether and how the tier is told that served an answer; not at all unless told. */
  readonly tellTier?: (served: StartEvent['serviceTier']) => ChatServiceTier | undefined
  /** Whether the steps of tools are told. */
  readonly includeToolEvents?: boolean
  /** The place in a session that the answer has. */
  readonly session?: { readonly id: string; readonly turn: number } | undefined
  /** How many turns answer side by side; 1 unless told. */
  readonly choices?: number
}

/** Events go in as they come, with the place of their choice; what comes back is ready to be sent, in order. */
export type ChatRenderer = (event: TurnEvent, index?: number) => ChatChunk[]

/** The first chunk comes with the first piece of content or the finish, not with `start`: until then a turn may fail. */
export function createChatRenderer(rendering: ChatRendering): ChatRenderer {
  const { id, created, requestedModel, includeUsage, callForm, tellTier, session, choices = 1 } = rendering
  const renderToolEvent = rendering.includeToolEvents === true ? toToolEvent : () => undefined
  const renderers = Array.from({ length: choices }, () => createChoiceRenderer(callForm))
  const usage = createUsageSum(choices)
  let model = requestedModel
  let tier = tellTier?.(undefined)
  let begun = false
  let open = choices

  const chunk = (rest: Pick<ChatChunk, 'choices' | 'usage' | 'tool_event'>): ChatChunk => ({
    id,
    object: 'chat.completion.chunk',
    created,
    model,
    ...(tier === undefined ? {} : { service_tier: tier }),
    ...rest,
    ...(session === undefined ? {} : { session }),
  })

  return (event, index = 0) => {
    if (event.type === 'start' && !begun) {
      if (event.model !== '') model = event.model
      tier = tellTier?.(event.serviceTier)
    }
    const deltas = renderers[index]?.(event) ?? []
    begun ||= deltas.length > 0
    const finish = event.type === 'finish' ? finishReason(event.reason, callForm.isLegacy) : null
    const chunks = deltas.map((delta, at) => {
      const finish_reason = at === deltas.length - 1 ? finish : null
      return chunk({
        choices: [{ index, delta, logprobs: null, finish_reason }],
        ...(includeUsage ? { usage: null } : {}),
      })
    })
    const toolEvent = renderToolEvent(event)
    if (toolEvent !== undefined) {
      const choice = { index, delta: {}, logprobs: null, finish_reason: null }
      chunks.push(chunk({ choices: [choice], ...(includeUsage ? { usage: null } : {}), tool_event: toolEvent }))
    }
    if (event.type !== 'finish') return chunks
    usage.add(event.usage, index)
    open -= 1
    return open === 0 && includeUsage ? [...chunks, chunk({ choices: [], usage: usage.sum })] : chunks
  }
}

/** The deltas of one choice. The last of a finish is empty: it carries the reason. */
function createChoiceRenderer(callForm: CallForm): (event: TurnEvent) => ChatDelta[] {
  const reasoning = createWholeCharacters()
  const text = createWholeCharacters()
  const calls = createCallRenderer(callForm)
  const citations = createCitations()
  let begun = false

  const begin = (): ChatDelta[] => {
    if (begun) return []
    begun = true
    return [{ role: 'assistant', content: '', refusal: null }]
  }
  const reasoningDelta = (piece: string): ChatDelta[] =>
    piece === '' ? [] : [...begin(), { reasoning_content: piece }]
  const textDelta = (piece: string): ChatDelta[] => {
    if (piece === '') return []
    citations.said(piece)
    return [...begin(), { content: piece }]
  }
  const citationDelta = (): ChatDelta[] => {
    const { annotations } = citations
    return annotations.length === 0 ? [] : [{ annotations: [...annotations] }]
  }
  const callDeltas = (deltas: ChatDelta[]): ChatDelta[] => (deltas.length === 0 ? [] : [...begin(), ...deltas])
  const heldText = (): ChatDelta[] => [...reasoningDelta(reasoning.end()), ...textDelta(text.end())]
  const end = (reason: FinishReason): ChatDelta[] => [
    ...heldText(),
    ...callDeltas(calls.end()),
    ...begin(),
    ...citationDelta(),
    ...(reason === 'refusal' ? [{ refusal: REFUSAL }] : []),
    {},
  ]

  return (event) => {
    switch (event.type) {
      case 'start':
        return []
      case 'reasoning':
        return reasoningDelta(reasoning.push(event.text))
      case 'text':
        return textDelta(text.push(event.text))
      case 'tool_call':
        return [...heldText(), ...callDeltas(calls.begin(event))]
      case 'tool_arguments':
        return callDeltas(calls.push(event.json))
      // Told beside the answer, to those that ask.
      case 'own_tool_start':
      case 'own_tool_end':
        if (event.type === 'own_tool_end') citations.found(event.sources ?? [])
        return heldText()
      case 'finish':
        return end(event.reason)
    }
  }
}
