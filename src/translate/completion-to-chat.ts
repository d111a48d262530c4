/** A legacy completions request as chats: one for each prompt. The model is one for chats, and is told what to do with a text. */
import type { ChatRequest } from '../wire/chat-request.ts'
import type { CompletionRequest } from '../wire/completion-request.ts'
import { unsupported } from './unsupported.ts'

const INSTRUCTION =
  'You complete text. What the user sends is the beginning of a text: write what comes next, from exactly where it ends, ' +
  'without repeating any of it and without a word about it. If it is an instruction or a question, write the answer alone.'

export interface PromptChat {
  readonly prompt: string
  readonly chat: ChatRequest
}

/** @throws ApiError for prompts that are lists of tokens. */
export function completionToChats(request: CompletionRequest): PromptChat[] {
  const { model, max_tokens, temperature, top_p, stop } = request
  return promptsOf(request).map((prompt) => ({
    prompt,
    chat: {
      model,
      messages: [
        { role: 'system', content: INSTRUCTION },
        { role: 'user', content: prompt },
      ],
      max_tokens,
      temperature,
      top_p,
      stop,
    },
  }))
}

function promptsOf({ prompt }: CompletionRequest): string[] {
  const list = typeof prompt === 'string' ? [prompt] : (prompt ?? [''])
  return list.map((one) => {
    if (typeof one !== 'string') throw unsupported('prompt', 'Prompts have to be text, not tokens.')
    return one
  })
}
