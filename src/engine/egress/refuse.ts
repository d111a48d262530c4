import type { ServerResponse } from 'node:http'

/** An error of our own to a child, in the Messages API's shape, that it is not to try again. */
export function refuse(response: ServerResponse, status: number, type: string, message: string): void {
  if (response.headersSent || response.destroyed) return
  response.writeHead(status, { 'content-type': 'application/json', 'x-should-retry': 'false' })
  response.end(JSON.stringify({ type: 'error', error: { type, message } }))
}
