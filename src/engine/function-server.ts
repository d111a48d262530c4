/**
 * The caller's functions as Claude Code has to know them so that it stops at their calls: an MCP server inside this
 * process that lists their names. What the model is told of them, their definitions, goes into the call itself
 * (turn-settings.ts), as Claude Code would reorder and shorten them.
 */
import type { McpServerConfig } from '@anthropic-ai/claude-agent-sdk'
import { Server } from '@modelcontextprotocol/sdk/server/index.js'
import { CallToolRequestSchema, type CallToolResult, ListToolsRequestSchema } from '@modelcontextprotocol/sdk/types.js'
import { createHash } from 'node:crypto'

/** By a name that stands for the list: a server that comes back under its old name keeps its old list. */
export function functionServer(names: readonly string[]): Record<string, McpServerConfig> {
  if (names.length === 0) return {}
  const name = `functions_${createHash('sha256').update(JSON.stringify(names)).digest('hex').slice(0, 16)}`
  const tools = names.map((tool) => ({ name: tool, inputSchema: { type: 'object' as const } }))
  return {
    [name]: toolServer(name, tools, () => Promise.reject(new Error('a function of the caller is never run here'))),
  }
}

/** A tool as the model is told of it. */
export interface ServedTool {
  readonly name: string
  readonly description?: string
  readonly inputSchema: { readonly type: 'object'; readonly [key: string]: unknown }
}

/** A server of tools inside this process. */
export function toolServer(
  name: string,
  tools: readonly ServedTool[],
  call: (tool: string, input: Record<string, unknown>, signal: AbortSignal) => Promise<CallToolResult>,
): McpServerConfig {
  // oxlint-disable-next-line typescript/no-deprecated -- the plain form takes JSON Schema as it is
  const instance = new Server({ name, version: '1' }, { capabilities: { tools: {} } })
  instance.setRequestHandler(ListToolsRequestSchema, () => ({
    tools: [...tools],
  }))
  const names = new Set(tools.map((tool) => tool.name))
  instance.setRequestHandler(CallToolRequestSchema, ({ params }, { signal }) => {
    // A command can speak to us in the name of Claude Code's process, and so for others than those that the model was told of.
    if (!names.has(params.name)) throw new Error('there is no such tool')
    return call(params.name, params.arguments ?? {}, signal)
  })
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- the SDK's type names the class that the plain form is below
  return { type: 'sdk', name, instance } as unknown as McpServerConfig
}
