/** How often tools are used. */
export interface ToolCounts {
  note(principalId: string, use: ToolUsed): void
}

export interface ToolUsed {
  readonly name: string
  readonly outcome: 'done' | 'failed' | 'denied'
  readonly durationMs: number
}
