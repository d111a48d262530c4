/** The answer of a request that does not stream, as a fold over the chunks of one that does. */
import { ApiError } from '../../errors.ts'
import type { ChatChunk } from '../../wire/chat-chunk.ts'
import type { Annotation, ChatCompletion, ChatFinishReason } from '../../wire/chat-response.ts'
import type { ToolEvent } from '../../wire/tool-event.ts'
import type { ChatUsage } from '../../wire/usage.ts'
import { createCallFold } from '../tools/fold-calls.ts'

/**
 * The chunks must have been rendered with `includeUsage`.
 * @throws ApiError `backend_error` where the answer has no end: part of an answer never passes for a whole one.
 */
export function foldChat(chunks: Iterable<ChatChunk>): ChatCompletion {
  const folds: ChoiceFold[] = []
  let head: ChatChunk | undefined
  let usage: ChatUsage | null = null
  const steps: ToolEvent[] = []
  for (const chunk of chunks) {
    head ??= chunk
    usage = chunk.usage ?? usage
    if (chunk.tool_event !== undefined) steps.push(chunk.tool_event)
    for (const choice of chunk.choices) (folds[choice.index] ??= createChoiceFold(choice.index)).add(choice)
  }
  if (head === undefined || usage === null) throw new ApiError('backend_error')
  return {
    id: head.id,
    object: 'chat.completion',
    created: head.created,
    model: head.model,
    ...(head.service_tier === undefined ? {} : { service_tier: head.service_tier }),
    choices: folds.map((fold) => fold.whole()),
    usage,
    ...(steps.length === 0 ? {} : { tool_events: steps }),
    ...(head.session === undefined ? {} : { session: head.session }),
  }
}

/** The chunks of one choice, and what they come to. */
export interface ChoiceFold {
  add(choice: ChatChunk['choices'][number]): void
  /** @throws ApiError `backend_error` where it has no end */
  whole(): ChatCompletion['choices'][number]
}

export function createChoiceFold(index: number): ChoiceFold {
  const calls = createCallFold()
  let content = ''
  let reasoning = ''
  let refusal: string | null = null
  const annotations: Annotation[] = []
  let finish: ChatFinishReason | null = null
  return {
    add({ delta, finish_reason: reason }) {
      content += delta.content ?? ''
      reasoning += delta.reasoning_content ?? ''
      if (typeof delta.refusal === 'string') refusal = (refusal ?? '') + delta.refusal
      annotations.push(...(delta.annotations ?? []))
      calls.add(delta)
      finish = reason ?? finish
    },
    whole() {
      if (finish === null) throw new ApiError('backend_error')
      const called = calls.message
      const hasOther = refusal !== null || Object.keys(called).length > 0
      return {
        index,
        message: {
          role: 'assistant',
          content: hasOther && content === '' ? null : content,
          refusal,
          annotations,
          ...(reasoning === '' ? {} : { reasoning_content: reasoning }),
          ...called,
        },
        logprobs: null,
        finish_reason: finish,
      }
    },
  }
}
