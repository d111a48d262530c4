/** An answer before it has a wire form: blocks in the pieces in which they are streamed. */
export interface Answer {
  readonly model: string
  readonly blocks: readonly AnswerBlock[]
  readonly stopReason: StopReason
  /** The one that matched, with the stop reason `stop_sequence`. */
  readonly stopSequence: string | null
  readonly usage: AnswerUsage
}

export type AnswerBlock = ThinkingAnswer | TextAnswer | ToolCallAnswer

export interface ThinkingAnswer {
  readonly type: 'thinking'
  readonly pieces: readonly string[]
  /** True sends the signature alone, as the API does with `display: 'omitted'`. */
  readonly hidden?: boolean
}

export interface TextAnswer {
  readonly type: 'text'
  readonly pieces: readonly string[]
}

export interface ToolCallAnswer {
  readonly type: 'tool_use'
  readonly id: string
  readonly name: string
  /** Pieces of the input's JSON. */
  readonly pieces: readonly string[]
}

export const STOP_REASONS = [
  'end_turn',
  'max_tokens',
  'stop_sequence',
  'tool_use',
  'pause_turn',
  'refusal',
  'model_context_window_exceeded',
] as const
export type StopReason = (typeof STOP_REASONS)[number]

/** Tokens, as the API counts them: what was read from or written to the cache is not in `inputTokens`. */
export interface AnswerUsage {
  readonly inputTokens: number
  readonly cacheReadTokens: number
  readonly cacheWriteTokens: number
  /** All output, thinking included. */
  readonly outputTokens: number
  readonly thinkingTokens: number
}

/** Text in pieces of one word each, its white space with the word that follows. */
export function inWords(text: string): string[] {
  return text.match(/\s*\S+(?:\s+$)?/g) ?? (text === '' ? [] : [text])
}
