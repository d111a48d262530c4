/**
 * What each model of the demo takes. The ids are real ones, so that the demo refuses what the real models refuse.
 * Facts from https://platform.claude.com/docs/en/models and the flags that Claude Code keeps for each model.
 */
export interface ModelKind {
  readonly maxOutputTokens: number
  readonly contextTokens: number
  /** `adaptive`: the model decides how much; `budget`: the caller gives a fixed number of tokens. */
  readonly thinking: 'adaptive' | 'budget'
  readonly thinkingCanBeOff: boolean
  /** It thinks when the request says nothing about thinking. */
  readonly thinksByDefault: boolean
  /** While it thinks, a tool call in the last assistant turn needs the thinking block that came before it. */
  readonly toolCallsNeedThinking: boolean
  readonly sampling: boolean
  readonly forcedToolChoice: boolean
  readonly prefill: boolean
  readonly effort: boolean
  /** The effort of a request that does not say. */
  readonly defaultEffort: 'medium' | 'high'
  readonly structuredOutput: boolean
}

const ALWAYS_THINKING: ModelKind = {
  maxOutputTokens: 128_000,
  contextTokens: 1_000_000,
  thinking: 'adaptive',
  thinkingCanBeOff: false,
  thinksByDefault: true,
  toolCallsNeedThinking: false,
  sampling: false,
  forcedToolChoice: false,
  prefill: false,
  effort: true,
  defaultEffort: 'medium',
  structuredOutput: true,
}

const ADAPTIVE: ModelKind = {
  ...ALWAYS_THINKING,
  thinkingCanBeOff: true,
  toolCallsNeedThinking: true,
  forcedToolChoice: true,
}

const BUDGET: ModelKind = {
  maxOutputTokens: 64_000,
  contextTokens: 200_000,
  thinking: 'budget',
  thinkingCanBeOff: true,
  thinksByDefault: false,
  toolCallsNeedThinking: true,
  sampling: true,
  forcedToolChoice: true,
  prefill: true,
  effort: false,
  defaultEffort: 'high',
  structuredOutput: true,
}

const MODEL_KINDS: ReadonlyMap<string, ModelKind> = new Map([
  ['claude-opus-5-5', ALWAYS_THINKING],
  ['claude-sonnet-5-5', ALWAYS_THINKING],
  ['claude-fable-5-2', ALWAYS_THINKING],
  // It often calls without having thought, and Claude Code (2.1.330) never turns its thinking off.
  ['claude-haiku-5-5', { ...ADAPTIVE, toolCallsNeedThinking: false }],
  ['claude-sonnet-5', { ...ADAPTIVE, defaultEffort: 'high' }],
  ['claude-opus-4-7', { ...ADAPTIVE, thinksByDefault: false, defaultEffort: 'high' }],
  ['claude-haiku-4-5', BUDGET],
  ['claude-sonnet-4-5', BUDGET],
  ['claude-sonnet-4', { ...BUDGET, structuredOutput: false }],
])

/** The kind of a model id, also of a dated one such as `claude-haiku-4-5-20251001`. */
export function findModelKind(id: string): ModelKind | undefined {
  return MODEL_KINDS.get(id.replace(/-\d{8}$/, ''))
}
