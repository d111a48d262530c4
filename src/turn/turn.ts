/** What a caller asked, in the words of no wire format. Every format is translated into a `Turn`; the engine answers a `Turn`. */

import type { JsonObject } from './json.ts'
import type { OwnTools } from './own-tools.ts'
import type { Thoughts } from './thoughts.ts'

/** Who calls. Everything that is kept for a caller (workers, sessions, usage) is kept under `id`. */
export interface Principal {
  /** Stable and free of secrets: `anonymous` on a keyless server, else a name derived from the key. */
  readonly id: string
}

/** One piece of a message. The union grows with what the wire formats can carry; switches over it are exhaustive. */
export type Block = ContentBlock | ToolCallBlock | ToolResultBlock | ReasoningBlock

/** What a user says or a call gives. An assistant says text alone. */
export type ContentBlock = TextBlock | ImageBlock | DocumentBlock

export interface TextBlock {
  readonly type: 'text'
  /** Never empty and never only white space: the model API refuses such blocks. */
  readonly text: string
}

export interface ImageBlock {
  readonly type: 'image'
  readonly source:
    | {
        readonly type: 'base64'
        /** As the bytes have it. */
        readonly mediaType: 'image/png' | 'image/jpeg' | 'image/gif' | 'image/webp'
        /** Standard alphabet, padded. */
        readonly data: string
      }
    /** The model API fetches it. */
    | { readonly type: 'url'; readonly url: string }
}

export interface DocumentBlock {
  readonly type: 'document'
  readonly title?: string
  readonly source:
    | { readonly type: 'base64'; readonly mediaType: 'application/pdf'; readonly data: string }
    /** Never blank. */
    | { readonly type: 'text'; readonly data: string }
}

/** A call of one of the caller's functions, in an assistant's message, after its text. */
export interface ToolCallBlock {
  readonly type: 'tool_call'
  /** Letters, digits, `_` and `-`; no other call of the conversation has it. */
  readonly id: string
  readonly name: string
  readonly input: JsonObject
}

/** What a call gave. A user's message begins with the results of all calls of the message before it, in their order. */
export interface ToolResultBlock {
  readonly type: 'tool_result'
  /** The call's `id`. */
  readonly callId: string
  /** Empty when the call gave nothing. */
  readonly content: readonly ContentBlock[]
}

/** What the model thought, in an assistant's message, before what it said or called after it. The engine puts it there; no caller does. */
export interface ReasoningBlock {
  readonly type: 'reasoning'
  /** The model whose it is. Others cannot read it. */
  readonly model: string
  readonly sealed: SealedReasoning
}

/** As the model API gave it, signed or encrypted, and takes it back. */
export type SealedReasoning =
  | { readonly type: 'thinking'; readonly thinking: string; readonly signature: string }
  | { readonly type: 'redacted_thinking'; readonly data: string }

export interface Message {
  readonly role: 'user' | 'assistant'
  /** At least one block. */
  readonly content: readonly Block[]
}

/** A function of the caller's that the model may ask to be called. */
export interface Tool {
  /** 1 to 64 letters, digits, `_` and `-`. */
  readonly name: string
  readonly description?: string
  /** A JSON Schema of an object. */
  readonly inputSchema: JsonObject
  /** Arguments have to match the schema exactly. */
  readonly strict?: boolean
}

export interface ToolUse {
  /** At least one; no name twice. */
  readonly tools: readonly Tool[]
  /** `any`: at least one has to be called; a name: that one. */
  readonly choice: 'auto' | 'none' | 'any' | { readonly name: string }
  /** False for one call at most. */
  readonly parallel: boolean
}

/** Only what differs from the model's defaults. Thinking is off next to it: the model API takes one or the other. */
export interface Sampling {
  /** 0 to 1. */
  readonly temperature?: number
  /** 0 to 1. */
  readonly topP?: number
  /** At least 1. */
  readonly topK?: number
}

/** Roles alternate, the first message is a user's and so is the last, which is the question. */
export type Conversation = readonly Message[]

/** How much effort the model spends, in Claude Code's levels, lowest first. */
export const EFFORTS = ['low', 'medium', 'high', 'xhigh', 'max'] as const
export type Effort = (typeof EFFORTS)[number]

/** One question to the model with all that goes with it. Absent fields mean the model's own default. */
export interface Turn {
  /** The request's id, for logs. */
  readonly id: string
  readonly principal: Principal
  /** The model as Claude Code takes it: an id or one of its own aliases. */
  readonly model: string
  readonly system?: string
  readonly conversation: Conversation
  /** What was thought before calls of the conversation, by whoever kept it. */
  readonly thoughts?: readonly Thoughts[]
  /** Absent where the caller offers no functions. */
  readonly toolUse?: ToolUse
  /** Absent where the model is to answer, and do nothing on this machine. */
  readonly ownTools?: OwnTools
  /** The answer's text is JSON that the model API holds to this schema, which is one that it takes. */
  readonly outputSchema?: JsonObject
  readonly sampling?: Sampling
  /** Absent where other capacity may be used as the account has it. */
  readonly serviceTier?: 'standard'
  /** Where one of them would begin, the answer ends. None is empty; they may be white space. */
  readonly stopSequences?: readonly string[]
  /** Upper bound on output tokens, thinking included; at least 1. */
  readonly maxOutputTokens?: number
  readonly effort?: Effort
  /** `off`: no thinking, or where the model cannot do without, its lowest effort. */
  readonly thinking?: 'off'
}
