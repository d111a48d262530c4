import type { Effort } from './turn.ts'

/** A model that the engine can be asked for, from Claude Code's own live list. */
export interface Model {
  /** The full id, such as `claude-sonnet-5-5`. */
  readonly id: string
  /** Claude Code's own names for it, such as `sonnet`; the one that is `default` for it is among them. */
  readonly aliases: readonly string[]
  readonly displayName: string
  readonly description: string
  /** The effort levels it takes, lowest first; empty when it takes none. */
  readonly efforts: readonly Effort[]
  readonly thinkingCanBeOff: boolean
}
