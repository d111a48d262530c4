import type { Migration } from 'kysely'
import { createKeys } from './0001-keys.ts'
import { createKeptAnswers } from './0007-kept-answers.ts'
import { createMcpServers } from './0005-mcp-servers.ts'
import { createSessionEntries } from './0006-session-entries.ts'
import { createSessions } from './0003-sessions.ts'
import { createTools } from './0004-tools.ts'
import { moveSessionSystem } from './0008-session-system.ts'
import { createUsage } from './0002-usage.ts'

/** By name, in the order of the names. One that was released is never changed; another is added. */
export const MIGRATIONS: Readonly<Record<string, Migration>> = {
  '0001_keys': createKeys,
  '0002_usage': createUsage,
  '0003_sessions': createSessions,
  '0004_tools': createTools,
  '0005_mcp_servers': createMcpServers,
  '0006_session_entries': createSessionEntries,
  '0007_kept_answers': createKeptAnswers,
  '0008_session_system': moveSessionSystem,
}
