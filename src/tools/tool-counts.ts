import type { ToolSums } from '../store/tool-counts-table.ts'

/** One use of a tool, as its end tells. */
export interface ToolUse {
  /** As Claude Code names it. */
  readonly name: string
  readonly outcome: 'done' | 'failed' | 'denied'
  readonly durationMs: number
  /** The model may have made up the name. */
  readonly isUnknown?: true
}

export interface ToolReport {
  /** The first and the last day, in UTC. */
  readonly start: string
  readonly end: string
  readonly tools: readonly (ToolSums & { readonly tool: string })[]
}

export interface ToolReportQuery {
  readonly from?: string | undefined
  readonly to?: string | undefined
  /** Of this caller alone. */
  readonly principalId?: string
}

/** How often tools are used. Not exact: what the last second brought is lost when the process is killed. */
export interface ToolCounts {
  note(principalId: string, use: ToolUse): void
  /** With what this instance has noted up to now. */
  report(query: ToolReportQuery): Promise<ToolReport>
  /** Brings in what is noted, for at most so long. */
  close(patienceMs: number): Promise<void>
}
