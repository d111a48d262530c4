/**
 * What the model API sends passes through a process as it is, and the types of the Agent SDK are a promise that nobody
 * checks. What is not in the API's shape breaks an answer off, and nothing else.
 */
import type { TurnEvent } from '../turn/turn-event.ts'
import { TurnFailure } from '../turn/turn-failure.ts'
import type { SDKMessage } from './claude-code.ts'

/** https://platform.claude.com/docs/en/api/versioning: there may be others one day, for programs that know them. */
const EVENTS: ReadonlySet<unknown> = new Set([
  'message_start',
  'content_block_start',
  'content_block_delta',
  'content_block_stop',
  'message_delta',
  'message_stop',
])

export function isKnown(message: SDKMessage): boolean {
  return message.type !== 'stream_event' || EVENTS.has(message.event.type)
}

/** @throws TurnFailure, whatever `read` throws */
export function readSafely(read: () => TurnEvent[]): TurnEvent[] {
  try {
    const events = read()
    if (events.every(isSound)) return events
  } catch (error) {
    throw error instanceof TurnFailure ? error : misshapen(error)
  }
  throw misshapen()
}

function misshapen(cause?: unknown): TurnFailure {
  return new TurnFailure('stream_interrupted', 'the answer is not in the shape of the Messages API', { cause })
}

function isSound(event: TurnEvent): boolean {
  switch (event.type) {
    case 'start':
      return typeof event.model === 'string'
    case 'text':
    case 'reasoning':
      return typeof event.text === 'string'
    case 'tool_call':
    case 'own_tool_start':
    case 'own_tool_end':
      return typeof event.id === 'string' && typeof event.name === 'string'
    case 'tool_arguments':
      return typeof event.json === 'string'
    case 'finish':
      return true
  }
}
