import type { Transport } from '@modelcontextprotocol/sdk/shared/transport.js'

/** Servers ask whether we are still there, once in a while. */
const MOST_REQUESTS = 500

/** Ends a server that asks us without end: each answer is a call of ours, or waits for a program that reads none. */
export function boundRequests(transport: Transport): void {
  let requests = 0
  // oxlint-disable-next-line unicorn/prefer-add-event-listener -- a transport has these alone; the client comes after it, and calls it first
  transport.onmessage = (message) => {
    if (!('method' in message && 'id' in message)) return
    requests += 1
    if (requests > MOST_REQUESTS) void transport.close()
  }
}
