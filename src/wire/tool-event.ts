/** What Claude Code's own tools do in a turn, for those that ask to be told. */
import { z } from 'zod'

const toolStart = z.strictObject({
  type: z.literal('tool_start'),
  id: z.string(),
  name: z.string().describe('As Claude Code names it; `mcp__<server>__<tool>` for those of MCP servers.'),
  input: z.record(z.string(), z.unknown()),
})

const toolEnd = z.strictObject({
  type: z.literal('tool_end'),
  id: z.string().describe('That of its start.'),
  name: z.string(),
  outcome: z.enum(['done', 'failed', 'denied']),
  output: z.string().describe('What the model was told: the beginning of it, up to 4,000 characters.'),
  duration_ms: z.int().min(0),
})

const ended = z.strictObject({
  type: z.literal('ended'),
  by: z.enum(['turn_limit', 'budget']).describe('Why the answer ends with `finish_reason: "length"`.'),
})

export const toolEventSchema = z
  .discriminatedUnion('type', [toolStart, toolEnd, ended])
  .meta({ id: 'ToolEvent', description: "Extension: a step of Claude Code's own tools." })

export type ToolEvent = z.output<typeof toolEventSchema>
