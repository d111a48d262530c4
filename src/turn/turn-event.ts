import type { JsonObject } from './json.ts'
import type { Thoughts } from './thoughts.ts'

/** What the engine answers: deltas as the model produces them, then exactly one `finish`. A turn that fails throws a `TurnFailure` instead of finishing. */
export type TurnEvent =
  | StartEvent
  | ReasoningEvent
  | TextEvent
  | ToolCallEvent
  | ToolArgumentsEvent
  | OwnToolStartEvent
  | OwnToolEndEvent
  | FinishEvent

/** The model has begun to answer. Comes first, once. */
export interface StartEvent {
  readonly type: 'start'
  /** The model that really answers, as the model API names it. */
  readonly model: string
  /** Absent where the model API did not say. */
  readonly serviceTier?: 'standard' | 'priority'
  /** For logs. Absent where the engine does not say. */
  readonly lease?: LeaseKind
}

/**
 * How the process of a turn was found: it held the conversation, it was emptied, it had been started ahead for the profile
 * or without one, it was started with the conversation, or empty.
 */
export const LEASE_KINDS = ['continued', 'reused', 'warm', 'spare', 'resumed', 'new'] as const
export type LeaseKind = (typeof LEASE_KINDS)[number]

/** A piece of the reasoning summary. */
export interface ReasoningEvent {
  readonly type: 'reasoning'
  readonly text: string
}

/** A piece of the answer. */
export interface TextEvent {
  readonly type: 'text'
  readonly text: string
}

/** The model begins to call a function. Its arguments follow in pieces, until the next call begins or the answer ends. */
export interface ToolCallEvent {
  readonly type: 'tool_call'
  /** Unique in the answer: letters, digits, `_` and `-`. */
  readonly id: string
  readonly name: string
}

/** A piece of the arguments of the call that began last: all pieces together are a JSON object, unless the answer ends by `length`. */
export interface ToolArgumentsEvent {
  readonly type: 'tool_arguments'
  readonly json: string
}

/** The model uses a tool of Claude Code's own, or of an MCP server. What it gives goes to the model, in the same turn. */
export interface OwnToolStartEvent {
  readonly type: 'own_tool_start'
  /** Unique in the turn. */
  readonly id: string
  /** As Claude Code names it. */
  readonly name: string
  readonly input: JsonObject
}

/** What the use of a tool came to. */
export interface OwnToolEndEvent {
  readonly type: 'own_tool_end'
  /** That of its start. */
  readonly id: string
  readonly name: string
  /** What the model is told, as text: its beginning where it is long. */
  readonly output: string
  /** `denied`: it has not run, because it may not. */
  readonly outcome: 'done' | 'failed' | 'denied'
  /** Milliseconds since its start. */
  readonly durationMs: number
  /** Nothing ran: the model has made up the tool, or what it takes. */
  readonly isUnknown?: true
  /** Pages that a search of the web has found. */
  readonly sources?: readonly Source[]
}

/** A page of the web. */
export interface Source {
  readonly title: string
  readonly url: string
}

/** The answer is complete. Comes last, once. */
export interface FinishEvent {
  readonly type: 'finish'
  readonly reason: FinishReason
  /** To be given back with turns that go on from the calls of this answer. */
  readonly thoughts?: Thoughts
  /** Of all calls of the model in the turn. */
  readonly usage: Usage
  /** With `length`: what a turn with tools was not to go beyond. */
  readonly endedBy?: 'turn_limit' | 'budget'
}

/** Why the model stopped, in neutral words. */
export type FinishReason =
  | 'done'
  /** The model called functions and waits for what they give. */
  | 'tool_calls'
  /** A stop sequence matched; it is not part of the text. */
  | 'stop_sequence'
  /** The limit on output tokens or the context window was reached. */
  | 'length'
  /** The model declined; the text is what came before. */
  | 'refusal'

/** Tokens of one turn as the model API counted them. */
export interface Usage {
  /** All input, cache reads and writes included. */
  readonly inputTokens: number
  readonly cacheReadTokens: number
  readonly cacheWriteTokens: number
  /** All output, reasoning included. */
  readonly outputTokens: number
  readonly reasoningTokens: number
  /** USD as the engine reckons it; absent when it could not tell. */
  readonly costUsd?: number
}
