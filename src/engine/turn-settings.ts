import type { Model } from '../turn/model.ts'
import type { Effort, ToolUse, Turn } from '../turn/turn.ts'
import type { LiveSettings } from './claude-code.ts'

export const BASELINE: LiveSettings = {
  effort: null,
  thinking: null,
  maxOutputTokens: null,
  extraBody: null,
  functions: [],
}

/**
 * The smallest fixed thinking budget that the model API takes. Models with fixed budgets refuse one that is not below
 * the limit on output tokens, so at or under it thinking has to be off.
 */
const LEAST_THINKING_BUDGET = 1024

/** Tokens for thinking by effort, where it is a budget; above, Claude Code's own default (31,999) holds. */
const BUDGETS: Partial<Record<Effort, number>> = { low: 2048, medium: 8192 }

/**
 * Models with effort levels think as they see fit. Older ones have a fixed budget, which Claude Code would set to one
 * below the limit and whatever the effort: half of the limit is left for the answer, and effort counts.
 */
function budgetFor(effort: Effort | undefined, limit: number | null): number | null {
  const byEffort = effort === undefined ? undefined : BUDGETS[effort]
  const byLimit = limit === null ? undefined : Math.max(LEAST_THINKING_BUDGET, Math.floor(limit / 2))
  if (byEffort === undefined || byLimit === undefined) return byEffort ?? byLimit ?? null
  return Math.min(byEffort, byLimit)
}

/** What has to be set on a process for this turn. `model` is the live list's entry, where it has one. */
export function settingsFor(turn: Turn, model: Model | undefined): LiveSettings {
  const limit = turn.maxOutputTokens ?? null
  // The model API takes no forced call next to thinking.
  const isForced = turn.toolUse !== undefined && turn.toolUse.choice !== 'auto' && turn.toolUse.choice !== 'none'
  const wantsNoThinking = turn.thinking === 'off' || isForced || (limit !== null && limit <= LEAST_THINKING_BUDGET)
  const mustThink = model !== undefined && !model.thinkingCanBeOff
  const hasEfforts = model !== undefined && model.efforts.length > 0
  const lowest: Effort | undefined = turn.thinking === 'off' && mustThink ? model.efforts[0] : undefined
  return {
    effort: lowest ?? turn.effort ?? null,
    thinking: wantsNoThinking ? 'off' : hasEfforts ? null : budgetFor(turn.effort, limit),
    maxOutputTokens: limit,
    extraBody: extraBodyOf(turn),
    functions: turn.toolUse?.tools.map(({ name }) => name) ?? [],
  }
}

/** Lists in it take the place of Claude Code's own: the model gets the caller's definitions as they are. */
function extraBodyOf({ toolUse }: Turn): string | null {
  if (toolUse === undefined) return null
  const tools = toolUse.tools.map(({ name, description, inputSchema, strict }) => ({
    name,
    ...(description === undefined ? {} : { description }),
    input_schema: inputSchema,
    ...(strict === undefined ? {} : { strict }),
  }))
  return JSON.stringify({ tools, tool_choice: toolChoiceOf(toolUse) })
}

function toolChoiceOf({ choice, parallel }: ToolUse): object {
  const single = parallel ? {} : { disable_parallel_tool_use: true }
  if (choice === 'none') return { type: 'none' }
  return typeof choice === 'string' ? { type: choice, ...single } : { type: 'tool', name: choice.name, ...single }
}
