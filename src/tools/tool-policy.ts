import type { OwnToolName } from '../turn/own-tools.ts'
import type { PermissionMode } from '../wire/tools.ts'

/** What the operator allows of Claude Code's own tools, to all callers together. */
export interface ToolPolicy {
  readonly allowed: readonly OwnToolName[]
  /** Most calls of the model in a turn. */
  readonly maxTurns: number
  /** Those that a request may ask for; at least one. */
  readonly permissionModes: readonly PermissionMode[]
  /** Whether a request may ask for `bypassPermissions`. Only a setting says so. */
  readonly mayBypass: boolean
}

/** What is set anew; the rest stays. */
export interface PolicyChange {
  readonly allowed?: readonly OwnToolName[] | undefined
  readonly maxTurns?: number | undefined
  readonly permissionModes?: readonly PermissionMode[] | undefined
}

export interface ToolPolicies {
  /** What the settings say. It holds where nothing else was set. */
  readonly configured: ToolPolicy
  /**
   * As of now, on whatever instance it was set. While the database is away, as this instance last saw it within a minute.
   * @throws StoreUnavailable where nobody can say what is allowed
   */
  current(): Promise<ToolPolicy>
  /** When it was last set, in milliseconds since 1970; undefined where the settings alone hold. */
  changedAt(): Promise<number | undefined>
  /** For all instances, from their next request on. `toSettings` first forgets what was set before. */
  change(change: PolicyChange, options?: { readonly toSettings?: boolean }): Promise<ToolPolicy>
}
