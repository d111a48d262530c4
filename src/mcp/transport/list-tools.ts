import type { Client } from '@modelcontextprotocol/sdk/client/index.js'
import { ListToolsResultSchema, type Tool } from '@modelcontextprotocol/sdk/types.js'
import { SaysTooMuch } from './says-too-much.ts'

const MOST_TOOLS = 500

/**
 * All tools of a server. Not the client's own `listTools`, which compiles the schemas that the server gives and holds answers to
 * them: a pattern in one can take for ever.
 * @throws SaysTooMuch for more than anybody would use
 */
export async function listTools(client: Client, signal: AbortSignal): Promise<readonly Tool[]> {
  const tools: Tool[] = []
  let cursor: string | undefined
  do {
    const params = cursor === undefined ? {} : { cursor }
    const page = await client.request({ method: 'tools/list', params }, ListToolsResultSchema, { signal })
    tools.push(...page.tools)
    if (tools.length > MOST_TOOLS) throw new SaysTooMuch()
    cursor = page.nextCursor
  } while (cursor !== undefined)
  return tools
}
