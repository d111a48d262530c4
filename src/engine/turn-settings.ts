import type { Capabilities } from '../turn/capabilities.ts'
import type { JsonObject } from '../turn/json.ts'
import { type Effort, EFFORTS, type ToolUse, type Turn } from '../turn/turn.ts'
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

/** Claude Code's own default. Above it, it gives a model up to one token less than the model can write at all. */
const MOST_THINKING_BUDGET = 31_999

/** Tokens for thinking by effort, where it is a budget; above, the default holds. */
const BUDGETS: Partial<Record<Effort, number>> = { low: 2048, medium: 8192 }

/**
 * Models with effort levels think as they see fit. Older ones have a fixed budget, which Claude Code would set to one
 * below the limit and whatever the effort: half of the limit is left for the answer, and effort counts.
 */
function budgetFor(effort: Effort | undefined, limit: number | null): number | null {
  const byEffort = effort === undefined ? undefined : BUDGETS[effort]
  const byLimit = limit === null ? undefined : clamp(Math.floor(limit / 2))
  if (byEffort === undefined || byLimit === undefined) return byEffort ?? byLimit ?? null
  return Math.min(byEffort, byLimit)
}

function clamp(budget: number): number {
  return Math.min(MOST_THINKING_BUDGET, Math.max(LEAST_THINKING_BUDGET, budget))
}

/**
 * Models take no effort above `high` while they do not think. What Claude Code would set for one that is not on the live
 * list may be above it.
 */
function effortWithoutThinking(effort: Effort | undefined, isListed: boolean): Effort | null {
  if (effort === undefined) return isListed ? null : 'high'
  return EFFORTS.indexOf(effort) > EFFORTS.indexOf('high') ? 'high' : effort
}

/** What is known of the model of a turn. */
export interface KnownModel {
  /** Its effort levels, lowest first; empty where it has none or is not on the live list. */
  readonly efforts: readonly Effort[]
  readonly capabilities: Pick<Capabilities, 'thinkingCanBeOff'>
}

export const UNKNOWN_MODEL: KnownModel = { efforts: [], capabilities: { thinkingCanBeOff: true } }

/** What has to be set on a process for this turn. */
export function settingsFor(turn: Turn, { efforts, capabilities }: KnownModel): LiveSettings {
  const limit = turn.maxOutputTokens ?? null
  const isWithoutThinking = isAskedNotToThink(turn)
  const mustThink = !capabilities.thinkingCanBeOff
  const lowest: Effort | undefined = turn.thinking === 'off' && mustThink ? (efforts[0] ?? 'low') : undefined
  const isListed = efforts.length > 0
  const isTooTight = !isListed && !mustThink && limit !== null && limit <= LEAST_THINKING_BUDGET
  const isOff = isWithoutThinking || isTooTight
  return {
    effort: isOff && !mustThink ? effortWithoutThinking(turn.effort, isListed) : (lowest ?? turn.effort ?? null),
    thinking: isOff ? 'off' : budgetOf(turn, isListed),
    maxOutputTokens: limit,
    extraBody: extraBodyOf(turn),
    functions: functionsOf(turn),
  }
}

/** The model API takes neither a forced call nor sampling next to thinking. */
function isAskedNotToThink({ thinking, ownTools, toolUse, sampling }: Turn): boolean {
  return thinking === 'off' || ownTools?.maxThinkingTokens === 0 || isForced(toolUse) || sampling !== undefined
}

function budgetOf({ effort, maxOutputTokens, ownTools }: Turn, isListed: boolean): number | null {
  if (ownTools?.maxThinkingTokens !== undefined) return ownTools.maxThinkingTokens
  return isListed ? null : budgetFor(effort, maxOutputTokens ?? null)
}

/** A process with tools of its own is started with them. */
function functionsOf({ toolUse, ownTools }: Turn): readonly string[] {
  return toolUse === undefined || ownTools !== undefined ? [] : toolUse.tools.map(({ name }) => name)
}

export function isForced(toolUse: ToolUse | undefined): boolean {
  return toolUse !== undefined && toolUse.choice !== 'auto' && toolUse.choice !== 'none'
}

/** Merged into the body of the call; lists in it take the place of Claude Code's own: the model gets the caller's definitions as they are. */
function extraBodyOf({ toolUse, ownTools, sampling, serviceTier, stopSequences, outputSchema }: Turn): string | null {
  const stops = stopSequences?.filter(isTaken) ?? []
  const body: JsonObject = {
    // A list here would take away Claude Code's own.
    ...(toolUse === undefined || ownTools !== undefined ? {} : toolsBody(toolUse)),
    ...(sampling?.temperature === undefined ? {} : { temperature: sampling.temperature }),
    ...(sampling?.topP === undefined ? {} : { top_p: sampling.topP }),
    ...(sampling?.topK === undefined ? {} : { top_k: sampling.topK }),
    ...(serviceTier === undefined ? {} : { service_tier: 'standard_only' }),
    ...(stops.length === 0 ? {} : { stop_sequences: stops }),
    ...(outputSchema === undefined ? {} : { output_config: { format: { type: 'json_schema', schema: outputSchema } } }),
  }
  return Object.keys(body).length === 0 ? null : JSON.stringify(body)
}

/** Stop sequences that the model API does not take, and the engine has to look for itself. */
export function ownStopSequences({ stopSequences }: Turn): readonly string[] {
  return stopSequences?.filter((sequence) => !isTaken(sequence)) ?? []
}

/** The model API refuses sequences of white space. */
function isTaken(sequence: string): boolean {
  return sequence.trim() !== ''
}

function toolsBody(toolUse: ToolUse): JsonObject {
  const tools = toolUse.tools.map(({ name, description, inputSchema, strict }) => ({
    name,
    ...(description === undefined ? {} : { description }),
    input_schema: inputSchema,
    ...(strict === undefined ? {} : { strict }),
  }))
  return { tools, tool_choice: toolChoiceOf(toolUse) }
}

function toolChoiceOf({ choice, parallel }: ToolUse): JsonObject {
  const single = parallel ? {} : { disable_parallel_tool_use: true }
  if (choice === 'none') return { type: 'none' }
  return typeof choice === 'string' ? { type: choice, ...single } : { type: 'tool', name: choice.name, ...single }
}
