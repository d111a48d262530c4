/** A legacy completions request as chats: one for each prompt. The model is one for chats, and is told what to do with a text. */
import type { ChatRequest } from '../wire/chat-request.ts'
import type { CompletionRequest } from '../wire/completion-request.ts'
import { invalidValue } from './invalid-value.ts'
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

/** A small request could ask for an answer of hundreds of megabytes. */
const MOST_ECHOED = 4_000_000

/**
 * What each prompt's texts begin with.
 * @throws ApiError where that would be too much in all.
 */
export function echoesOf({ echo, n }: CompletionRequest, prompts: readonly PromptChat[]): string[] {
  const echoes = prompts.map(({ prompt }) => (echo === true ? prompt : ''))
  const echoed = (n ?? 1) * echoes.reduce((sum, { length }) => sum + length, 0)
  if (echoed <= MOST_ECHOED) return echoes
  throw invalidValue('echo', `the texts may begin with ${MOST_ECHOED} characters in all, these would with ${echoed}.`)
}

function promptsOf({ prompt }: CompletionRequest): string[] {
  const list = typeof prompt === 'string' ? [prompt] : (prompt ?? [''])
  return list.map((one) => {
    if (typeof one !== 'string') throw unsupported('prompt', 'Prompts have to be text, not tokens.')
    return one
  })
}
