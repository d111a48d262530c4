/** The answer of a request that does not stream, as a fold over the chunks of one that does. */
import { ApiError } from '../errors.ts'
import type { ChatChunk } from '../wire/chat-chunk.ts'
import type { ChatCompletion, ChatFinishReason } from '../wire/chat-response.ts'
import type { ChatUsage } from '../wire/usage.ts'
import { createCallFold } from './fold-calls.ts'

/**
 * The chunks must have been rendered with `includeUsage`.
 * @throws ApiError `backend_error` where the answer has no end: part of an answer never passes for a whole one.
 */
export function foldChat(chunks: Iterable<ChatChunk>): ChatCompletion {
  let head: ChatChunk | undefined
  const calls = createCallFold()
  let content = ''
  let reasoning = ''
  let refusal: string | null = null
  let finish: ChatFinishReason | null = null
  let usage: ChatUsage | null = null
  for (const chunk of chunks) {
    head ??= chunk
    usage = chunk.usage ?? usage
    for (const { delta, finish_reason: reason } of chunk.choices) {
      content += delta.content ?? ''
      reasoning += delta.reasoning_content ?? ''
      if (typeof delta.refusal === 'string') refusal = (refusal ?? '') + delta.refusal
      calls.add(delta)
      finish = reason ?? finish
    }
  }
  if (head === undefined || finish === null || usage === null) throw new ApiError('backend_error')
  const called = calls.message
  const hasOther = refusal !== null || Object.keys(called).length > 0
  return {
    id: head.id,
    object: 'chat.completion',
    created: head.created,
    model: head.model,
    ...(head.service_tier === undefined ? {} : { service_tier: head.service_tier }),
    choices: [
      {
        index: 0,
        message: {
          role: 'assistant',
          content: hasOther && content === '' ? null : content,
          refusal,
          annotations: [],
          ...(reasoning === '' ? {} : { reasoning_content: reasoning }),
          ...called,
        },
        logprobs: null,
        finish_reason: finish,
      },
    ],
    usage,
  }
}
