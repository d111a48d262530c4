/** The events of a request's turns as the chunks of a streamed text completion. */
import type { FinishReason, TurnEvent } from '../../turn/turn-event.ts'
import type { CompletionChunk, CompletionFinish } from '../../wire/completion-response.ts'
import { createUsageSum } from './usage-sum.ts'
import { createWholeCharacters } from './whole-characters.ts'

export interface CompletionRendering {
  /** `cmpl-…` */
  readonly id: string
  /** Unix time in seconds. */
  readonly created: number
  readonly requestedModel: string
  readonly includeUsage: boolean
  /** What each text begins with; one for each prompt. */
  readonly echoes: readonly string[]
  /** How many texts there are for each prompt: that of prompt k and choice i has the index k·n+i. */
  readonly perPrompt: number
}

export type CompletionRenderer = (event: TurnEvent, index: number) => CompletionChunk[]

export function createCompletionRenderer(rendering: CompletionRendering): CompletionRenderer {
  const { id, created, requestedModel, includeUsage, echoes, perPrompt } = rendering
  const usage = createUsageSum(perPrompt)
  const texts = echoes.flatMap((echo) => Array.from({ length: perPrompt }, () => createText(echo)))
  let model = requestedModel
  let begun = false
  let open = texts.length

  const chunk = (rest: Pick<CompletionChunk, 'choices' | 'usage'>): CompletionChunk => ({
    id,
    object: 'text_completion',
    created,
    model,
    ...rest,
  })
  const choice = (index: number, text: string, finish_reason: CompletionFinish | null = null): CompletionChunk =>
    chunk({ choices: [{ index, text, logprobs: null, finish_reason }], ...(includeUsage ? { usage: null } : {}) })
  const textChunks = (index: number, text: string): CompletionChunk[] => {
    begun ||= text !== ''
    return text === '' ? [] : [choice(index, text)]
  }

  return (event, index) => {
    switch (event.type) {
      case 'start':
        if (!begun && event.model !== '') model = event.model
        return []
      case 'text':
        return textChunks(index, texts[index]?.push(event.text) ?? '')
      case 'finish': {
        usage.add(event.usage, index)
        open -= 1
        return [
          ...textChunks(index, texts[index]?.end() ?? ''),
          choice(index, '', finishReason(event.reason)),
          ...(open === 0 && includeUsage ? [chunk({ choices: [], usage: usage.sum })] : []),
        ]
      }
      // A text completion has no place for them.
      case 'reasoning':
      case 'tool_call':
      case 'tool_arguments':
      case 'own_tool_start':
      case 'own_tool_end':
        return []
    }
  }
}

/** The pieces of one text, the first of them behind the echo. */
function createText(echo: string): { push(text: string): string; end(): string } {
  const characters = createWholeCharacters()
  let head = echo
  const withHead = (text: string): string => {
    if (text === '' || head === '') return text
    const whole = head + text
    head = ''
    return whole
  }
  return {
    push: (text) => withHead(characters.push(text)),
    end: () => {
      const rest = head + characters.end()
      head = ''
      return rest
    },
  }
}

function finishReason(reason: FinishReason): CompletionFinish {
  switch (reason) {
    case 'done':
    case 'stop_sequence':
    case 'tool_calls':
      return 'stop'
    case 'length':
      return 'length'
    case 'refusal':
      return 'content_filter'
  }
}
