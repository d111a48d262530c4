import type { OwnToolName } from '../turn/own-tools.ts'

/** What the operator allows of Claude Code's own tools, to all callers together. */
export interface ToolPolicy {
  readonly allowed: readonly OwnToolName[]
  /** Most calls of the model in a turn. */
  readonly maxTurns: number
  /** Whether a request may ask for `bypassPermissions`. */
  readonly mayBypass: boolean
}

export interface ToolPolicies {
  /** @throws ApiError `store_unavailable` where nobody can say what is allowed */
  current(): Promise<ToolPolicy>
}
