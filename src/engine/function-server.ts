/**
 * The caller's functions as Claude Code has to know them so that it stops at their calls: an MCP server inside this
 * process that lists their names. What the model is told of them, their definitions, goes into the call itself
 * (turn-settings.ts), as Claude Code would reorder and shorten them.
 */
import type { McpServerConfig } from '@anthropic-ai/claude-agent-sdk'
import { Server } from '@modelcontextprotocol/sdk/server/index.js'
import { CallToolRequestSchema, ListToolsRequestSchema } from '@modelcontextprotocol/sdk/types.js'
import { createHash } from 'node:crypto'

/** By a name that stands for the list: a server that comes back under its old name keeps its old list. */
export function functionServer(names: readonly string[]): Record<string, McpServerConfig> {
  if (names.length === 0) return {}
  const name = `functions_${createHash('sha256').update(JSON.stringify(names)).digest('hex').slice(0, 16)}`
  // oxlint-disable-next-line typescript/no-deprecated -- the plain form takes JSON Schema as it is
  const instance = new Server({ name, version: '1' }, { capabilities: { tools: {} } })
  instance.setRequestHandler(ListToolsRequestSchema, () => ({
    tools: names.map((tool) => ({ name: tool, inputSchema: { type: 'object' as const } })),
  }))
  instance.setRequestHandler(CallToolRequestSchema, () => {
    throw new Error('a function of the caller is never run here')
  })
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- the SDK's type names the class that the plain form is below
  return { [name]: { type: 'sdk', name, instance } as unknown as McpServerConfig }
}
