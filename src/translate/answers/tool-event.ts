import type { TurnEvent } from '../../turn/turn-event.ts'
import type { ToolEvent } from '../../wire/tool-event.ts'

/** What is told of a tool's step; undefined for events that are none. */
export function toToolEvent(event: TurnEvent): ToolEvent | undefined {
  switch (event.type) {
    case 'own_tool_start':
      return { type: 'tool_start', id: event.id, name: event.name, input: event.input }
    case 'own_tool_end': {
      const { id, name, outcome, output, durationMs } = event
      return { type: 'tool_end', id, name, outcome, output, duration_ms: durationMs }
    }
    case 'finish':
      return event.endedBy === undefined ? undefined : { type: 'ended', by: event.endedBy }
    case 'start':
    case 'reasoning':
    case 'text':
    case 'tool_call':
    case 'tool_arguments':
      return undefined
  }
}
