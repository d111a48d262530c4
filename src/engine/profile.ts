/** What is fixed when a worker starts. */
export interface Profile {
  /** As Claude Code takes it; `default` leaves the choice to it. */
  readonly model: string
  readonly system: string
  readonly toolMode: ToolMode
}

/**
 * `text`: the model answers in text alone. `functions`: it may ask for calls of the caller's functions. `tools`: it may
 * besides use tools of Claude Code's own; such a process is for one turn.
 */
export type ToolMode = 'text' | 'functions' | 'tools'

export function isSameProfile(one: Profile, other: Profile): boolean {
  return one.model === other.model && one.system === other.system && one.toolMode === other.toolMode
}
