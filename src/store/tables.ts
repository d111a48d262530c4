import type { AllowancesTable, ReservationsTable } from './allowances-table.ts'
import type { KeptAnswersTable } from './kept-answers-table.ts'
import type { KeysTable } from './keys-table.ts'
import type { SessionEntriesTable } from './session-entries-table.ts'
import type { McpServersTable } from './mcp-servers-table.ts'
import type { SessionsTable, SessionTurnsTable } from './sessions-table.ts'
import type { ToolCountsTable } from './tool-counts-table.ts'
import type { ToolPolicyTable } from './tool-policy-table.ts'
import type { UsageDaysTable, UsageTable } from './usage-table.ts'

/** Every table, as kysely sees it. */
export interface Tables {
  readonly keys: KeysTable
  readonly usage: UsageTable
  readonly usage_days: UsageDaysTable
  readonly allowances: AllowancesTable
  readonly reservations: ReservationsTable
  readonly sessions: SessionsTable
  readonly session_turns: SessionTurnsTable
  readonly kept_answers: KeptAnswersTable
  readonly mcp_servers: McpServersTable
  readonly session_entries: SessionEntriesTable
  readonly tool_policy: ToolPolicyTable
  readonly tool_counts: ToolCountsTable
}
