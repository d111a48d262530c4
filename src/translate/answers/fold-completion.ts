import { ApiError } from '../../errors.ts'
import type { Completion, CompletionChunk, CompletionFinish } from '../../wire/completion-response.ts'
import type { ChatUsage } from '../../wire/usage.ts'

/**
 * The whole text completion, as a fold over the chunks of a streamed one that were rendered with `includeUsage`.
 * @throws ApiError `backend_error` where a text has no end.
 */
export function foldCompletion(chunks: Iterable<CompletionChunk>): Completion {
  const texts: { text: string; finish: CompletionFinish | null }[] = []
  let head: CompletionChunk | undefined
  let usage: ChatUsage | null = null
  for (const chunk of chunks) {
    head ??= chunk
    usage = chunk.usage ?? usage
    for (const { index, text, finish_reason: finish } of chunk.choices) {
      const known = (texts[index] ??= { text: '', finish: null })
      known.text += text
      known.finish = finish ?? known.finish
    }
  }
  if (head === undefined || usage === null) throw new ApiError('backend_error')
  const { id, object, created, model } = head
  const choices = texts.map(({ text, finish }, index) => {
    if (finish === null) throw new ApiError('backend_error')
    return { index, text, logprobs: null, finish_reason: finish }
  })
  return { id, object, created, model, choices, usage }
}
