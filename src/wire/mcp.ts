/** MCP servers: how they are set up, and what is told of them. */
import { z } from 'zod'

const texts = z.record(z.string(), z.string())

/** As other programs write them too (`.mcp.json`). What has to fit together is checked where it is read. */
const form = {
  type: z
    .enum(['stdio', 'http', 'streamable-http', 'sse'])
    .optional()
    .describe('Absent: `http` where there is a `url`, else `stdio`. `sse` is not offered.'),
  command: z.string().optional().describe('The program of a server that runs on this machine.'),
  args: z.array(z.string()).optional(),
  env: texts.optional().describe('Its environment. Values are never shown again.'),
  url: z.string().optional().describe('The address of a server that speaks Streamable HTTP.'),
  headers: texts.optional().describe('Sent with each request to it. Values are never shown again.'),
  tools: z.array(z.string()).optional().describe('Those of its tools that may be used (default: all).'),
}

export const mcpServerFormSchema = z.object(form)
export type McpServerForm = z.output<typeof mcpServerFormSchema>

export const addMcpServerSchema = z
  .object({ name: z.string().describe('Letters, digits, `-`, and single `_` between them; at most 64.'), ...form })
  .meta({ id: 'AddMcpServer' })

export const mcpServerSchema = z
  .strictObject({
    name: z.string().describe('The model sees the tools of the server as `mcp__<name>__<tool>`.'),
    object: z.literal('mcp.server'),
    type: z.enum(['stdio', 'http']),
    source: z
      .enum(['settings', 'added'])
      .describe('Whether it stands in the settings or was added while the server ran.'),
    status: z.enum(['connected', 'failed', 'unknown']),
    error: z.string().nullable().describe('Why it failed.'),
    checked_at: z.int().nullable().describe('When it was last asked: Unix time in seconds.'),
    tools: z
      .array(z.strictObject({ name: z.string(), description: z.string().nullable() }))
      .nullable()
      .describe('Null while they are not known.'),
    command: z.string().optional().describe('For admin keys, as all that follows.'),
    args: z.array(z.string()).optional(),
    env: z.array(z.string()).optional().describe('The names alone.'),
    url: z.string().optional(),
    headers: z.array(z.string()).optional().describe('The names alone.'),
  })
  .meta({ id: 'McpServer' })
export type WireMcpServer = z.output<typeof mcpServerSchema>

export const mcpServerListSchema = z
  .strictObject({ object: z.literal('list'), data: z.array(mcpServerSchema) })
  .meta({ id: 'McpServerList' })
export type WireMcpServerList = z.output<typeof mcpServerListSchema>

export const mcpServerDeletedSchema = z
  .strictObject({ name: z.string(), object: z.literal('mcp.server.deleted'), deleted: z.literal(true) })
  .meta({ id: 'McpServerDeleted' })
export type WireMcpServerDeleted = z.output<typeof mcpServerDeletedSchema>
