import { isObject, type JsonObject } from './json-object.ts'
import type { StreamEvent, WireBlock, WireDelta, WireMessage } from './message-events.ts'

/** The message that a stream adds up to: what a caller gets who does not stream. */
export function foldMessage(events: Iterable<StreamEvent>): WireMessage {
  let message: WireMessage | undefined
  const blocks: { block: WireBlock; json: string }[] = []
  for (const event of events) {
    switch (event.type) {
      case 'message_start':
        message = event.message
        break
      case 'content_block_start':
        blocks.push({ block: event.content_block, json: '' })
        break
      case 'content_block_delta': {
        const open = blocks[event.index]
        if (open === undefined) throw new Error(`a delta for block ${event.index}, which has not started`)
        open.block = withDelta(open.block, event.delta)
        if (event.delta.type === 'input_json_delta') open.json += event.delta.partial_json
        break
      }
      case 'message_delta':
        if (message !== undefined) message = { ...message, ...event.delta, usage: event.usage }
        break
      case 'ping':
      case 'content_block_stop':
      case 'message_stop':
        break
    }
  }
  if (message === undefined) throw new Error('a stream without message_start')
  return {
    ...message,
    content: blocks.map(({ block, json }) =>
      block.type === 'tool_use' ? { ...block, input: parseInput(json) } : block,
    ),
  }
}

function withDelta(block: WireBlock, delta: WireDelta): WireBlock {
  if (block.type === 'text' && delta.type === 'text_delta') return { ...block, text: block.text + delta.text }
  if (block.type === 'thinking' && delta.type === 'thinking_delta')
    return { ...block, thinking: block.thinking + delta.thinking }
  if (block.type === 'thinking' && delta.type === 'signature_delta') return { ...block, signature: delta.signature }
  return block
}

/** An input that was cut short by the limit cannot be parsed: it is left empty. */
function parseInput(json: string): JsonObject {
  try {
    const input: unknown = JSON.parse(json)
    return isObject(input) ? input : {}
  } catch {
    return {}
  }
}
