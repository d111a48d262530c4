/** Claude Code's own tools, by `GET /v1/tools` and what is below it. */
import { z } from 'zod'

/** How a request may ask Claude Code to work. */
export const PERMISSION_MODES = ['default', 'acceptEdits', 'dontAsk', 'plan'] as const
export type PermissionMode = (typeof PERMISSION_MODES)[number]

/** Most calls of the model that a turn can be allowed. */
export const MOST_TURNS = 1000

const count = z.int().min(0)
const plainNames = z.array(z.string()).describe('What it may be called besides.')

export const toolListSchema = z
  .strictObject({
    object: z.literal('list'),
    data: z.array(
      z.strictObject({
        name: z.string().describe('As Claude Code names it.'),
        object: z.literal('tool'),
        plain_names: plainNames,
        description: z.string(),
        allowed: z.boolean().describe('Whether the caller may use it.'),
        reason: z.string().nullable().describe('Why not.'),
      }),
    ),
  })
  .meta({ id: 'ToolList' })
export type WireToolList = z.output<typeof toolListSchema>

export const toolConfigSchema = z
  .strictObject({
    object: z.literal('tools.config'),
    allowed_tools: z.array(z.string()).describe("By Claude Code's names."),
    max_turns: z.int().min(1).describe('Most calls of the model in an answer.'),
    permission_modes: z.array(z.enum(PERMISSION_MODES)).describe('Those that requests may ask for.'),
    bypass_permissions: z
      .boolean()
      .describe(
        'Whether requests may ask for `bypassPermissions`: DANGEROUSLY_ALLOW_BYPASS_PERMISSIONS alone says so.',
      ),
    changed_at: z.int().nullable().describe('Unix time in seconds; `null` where the settings alone hold.'),
  })
  .meta({ id: 'ToolConfig' })
export type WireToolConfig = z.output<typeof toolConfigSchema>

/** Strict about what it does not know: a policy that was misspelt must not look as if it held. */
export const toolConfigChangeSchema = z
  .strictObject({
    allowed_tools: z.array(z.string()).max(100).nullish().describe('In place of those before; either name will do.'),
    max_turns: z.int().min(1).max(MOST_TURNS).nullish(),
    permission_modes: z.array(z.enum(PERMISSION_MODES)).min(1).nullish(),
    reset: z.boolean().nullish().describe('First goes back to what the settings say.'),
  })
  .meta({ id: 'ToolConfigChange' })

const day = z.iso.date('expected a day such as 2030-12-31')

export const toolStatsQuerySchema = z.object({ start: day.optional(), end: day.optional() })

export const toolStatsSchema = z
  .strictObject({
    object: z.literal('tools.stats'),
    start: z.iso.date().describe('The first day, in UTC.'),
    end: z.iso.date().describe('The last day, in UTC.'),
    data: z.array(
      z.strictObject({
        name: z.string().describe('As Claude Code names it; `other` for what the model made up.'),
        plain_names: plainNames,
        calls: count,
        failed: count.describe('Those among them that ran and failed.'),
        denied: count.describe('Those among them that were not let run.'),
        total_ms: count.describe('What those took that ran.'),
        mean_ms: z.number().min(0).nullable().describe('`null` where none ran.'),
      }),
    ),
  })
  .meta({ id: 'ToolStats' })
export type WireToolStats = z.output<typeof toolStatsSchema>
