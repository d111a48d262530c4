/** What a caller asked, in the words of no wire format. Every format is translated into a `Turn`; the engine answers a `Turn`. */

/** Who calls. Everything that is kept for a caller (workers, sessions, usage) is kept under `id`. */
export interface Principal {
  /** Stable and free of secrets: `anonymous` on a keyless server, else a name derived from the key. */
  readonly id: string
}

/** One piece of a message. The union grows with what the wire formats can carry; switches over it are exhaustive. */
export type Block = TextBlock

export interface TextBlock {
  readonly type: 'text'
  /** Never empty and never only white space: the model API refuses such blocks. */
  readonly text: string
}

export interface Message {
  readonly role: 'user' | 'assistant'
  /** At least one block. */
  readonly content: readonly Block[]
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
  /** Upper bound on output tokens, thinking included; at least 1. */
  readonly maxOutputTokens?: number
  readonly effort?: Effort
  /** `off`: no thinking, or where the model cannot do without, its lowest effort. */
  readonly thinking?: 'off'
}
