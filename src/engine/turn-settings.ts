import type { Model } from '../turn/model.ts'
import type { Effort, Turn } from '../turn/turn.ts'
import type { LiveSettings } from './claude-code.ts'

export const BASELINE: LiveSettings = { effort: null, thinking: null, maxOutputTokens: null }

/**
 * The smallest fixed thinking budget that the model API takes. Models with fixed budgets refuse one that is not below
 * the limit on output tokens, so at or under it thinking has to be off.
 */
const LEAST_THINKING_BUDGET = 1024

/** What has to be set on a process for this turn. `model` is the live list's entry, where it has one. */
export function settingsFor(turn: Turn, model: Model | undefined): LiveSettings {
  const limit = turn.maxOutputTokens ?? null
  const wantsNoThinking = turn.thinking === 'off' || (limit !== null && limit <= LEAST_THINKING_BUDGET)
  const mustThink = model !== undefined && !model.thinkingCanBeOff
  const lowest: Effort | undefined = turn.thinking === 'off' && mustThink ? model.efforts[0] : undefined
  return {
    effort: lowest ?? turn.effort ?? null,
    thinking: wantsNoThinking ? 'off' : null,
    maxOutputTokens: limit,
  }
}
