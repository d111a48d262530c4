import type { Engine } from '../engine/engine.ts'
import type { OpenApiDocument } from '../http/openapi.ts'
import type { IdempotencyKeys } from '../idempotency/idempotency-keys.ts'
import type { SchemaValidator } from '../json-schema/schema-validator.ts'
import type { Sessions } from '../sessions/sessions.ts'
import type { Endpoint } from '../http/route.ts'
import type { Store } from '../store/store.ts'
import type { Redact } from '../redaction.ts'
import type { McpServers } from '../mcp/mcp-servers.ts'
import type { ToolCounts } from '../tools/tool-counts.ts'
import type { ToolPolicies } from '../tools/tool-policy.ts'
import type { Workspaces } from '../workspaces/workspaces.ts'
import type { UsageReports } from '../usage/usage-report.ts'

/** What endpoints are made from. */
export interface Services {
  readonly engine: Engine
  /** For the schemas that callers send. */
  readonly schemas: SchemaValidator
  readonly store: Pick<Store, 'status'>
  readonly usage: UsageReports
  readonly sessions: Sessions
  readonly idempotencyKeys: IdempotencyKeys
  /** Claude Code's own tools: what of them is allowed, and how often they are used. */
  readonly tools: { readonly policy: ToolPolicies; readonly counts: ToolCounts }
  readonly workspaces: Workspaces
  readonly mcp: McpServers
  /** The numbers as text, and what kind of text. */
  readonly metrics: { render(): Promise<string>; readonly contentType: string }
  /** Dragoman's own version. */
  readonly version: string
  /** The description of the whole route table. Takes some 30 ms to make. */
  readonly document: () => OpenApiDocument
  /** Whether callers have to send a key. */
  readonly needsKey: () => boolean
  /** Takes secrets out of what is sent. */
  readonly redact: Redact
}

export type ServiceEndpoint = Endpoint<Services>
