/** What a caller may do. */
export const SCOPES = ['chat', 'tools', 'admin'] as const
export type Scope = (typeof SCOPES)[number]

/** What a caller may, and how much; absent bounds are none. */
export interface Grant {
  readonly scopes: readonly Scope[]
  /** Names of models, as callers write them. */
  readonly models?: readonly string[]
  /** Names of Claude Code's own tools. */
  readonly tools?: readonly string[]
  /** Names of MCP servers. */
  readonly mcpServers?: readonly string[]
  readonly requestsPerMinute?: number
  readonly tokensPerMinute?: number
  readonly budgetDayUsd?: number
  readonly budgetMonthUsd?: number
}

/** Everything: the operator's own key, and whoever calls a server without keys. */
export const FULL_GRANT: Grant = { scopes: SCOPES }
/** Nothing: whoever has not said who it is. */
export const NO_GRANT: Grant = { scopes: [] }
