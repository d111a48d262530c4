import type { ServerResponse } from 'node:http'

/** The shortest answer of the Messages API, for calls that are to reach no model. */
export function sendShortestAnswer(response: ServerResponse): void {
  const usage = { input_tokens: 1, output_tokens: 1 }
  const message = {
    id: 'msg_none',
    type: 'message',
    role: 'assistant',
    model: 'none',
    content: [],
    stop_reason: null,
    stop_sequence: null,
    usage,
  }
  const events = [
    { type: 'message_start', message },
    { type: 'content_block_start', index: 0, content_block: { type: 'text', text: '' } },
    { type: 'content_block_delta', index: 0, delta: { type: 'text_delta', text: 'ok' } },
    { type: 'content_block_stop', index: 0 },
    { type: 'message_delta', delta: { stop_reason: 'end_turn', stop_sequence: null }, usage },
    { type: 'message_stop' },
  ]
  response.writeHead(200, { 'content-type': 'text/event-stream' })
  response.end(events.map((event) => `event: ${event.type}\ndata: ${JSON.stringify(event)}\n\n`).join(''))
}
