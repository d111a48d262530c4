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

/** What an id may have after the model's own: the day of its release, the long context window. */
const SUFFIX = /(?:-\d{8})?(?:\[1m\])?$/

/** The entry of a list for an id or alias, also for a dated or long-context id of a model that is on it. */
export function findModel(models: readonly Model[], name: string): Model | undefined {
  const named = (wanted: string): Model | undefined =>
    models.find((model) => model.id === wanted || model.aliases.includes(wanted))
  return named(name) ?? named(name.replace(SUFFIX, ''))
}
