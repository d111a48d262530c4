/** What an MCP server gave, as far as the model gets it. */
import type { CallToolResult } from '@modelcontextprotocol/sdk/types.js'

/** In characters. Of more than 50,000 Claude Code (2.1.330) tells the model the name of a file, which it cannot read. */
const MOST_TEXT = 45_000
const MOST_BLOCKS = 100

type Block = CallToolResult['content'][number]

/** Nothing but its blocks and whether it is an error: what else there is in a result speaks to Claude Code, not to the model. */
export function shortenResult({ content: given, structuredContent, isError }: CallToolResult): CallToolResult {
  const content: Block[] = []
  let left = MOST_TEXT
  let cut = 0
  const blocks = given.length === 0 && structuredContent !== undefined ? [asText(structuredContent)] : given
  for (const block of blocks.slice(0, MOST_BLOCKS)) {
    const text = textOf(block)
    if (text === undefined) {
      content.push(block)
      continue
    }
    const some = text.slice(0, left)
    left -= some.length
    cut += text.length - some.length
    if (some !== '' || text === '') content.push(withText(block, some))
  }
  if (cut > 0) content.push({ type: 'text', text: `[${cut} more characters]` })
  if (blocks.length > MOST_BLOCKS) content.push({ type: 'text', text: `[${blocks.length - MOST_BLOCKS} more parts]` })
  return { content, ...(isError === undefined ? {} : { isError }) }
}

function asText(value: unknown): Block {
  return { type: 'text', text: JSON.stringify(value) }
}

function textOf(block: Block): string | undefined {
  if (block.type === 'text') return block.text
  return block.type === 'resource' && 'text' in block.resource ? block.resource.text : undefined
}

function withText(block: Block, text: string): Block {
  if (block.type !== 'resource') return { type: 'text', text }
  const { uri, mimeType } = block.resource
  return { type: 'resource', resource: { uri, text, ...(mimeType === undefined ? {} : { mimeType }) } }
}
