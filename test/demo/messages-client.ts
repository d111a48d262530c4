/** A small client for the tests of the demo model: asks, and reads both kinds of answer. */
import { isObject } from '../../src/demo/json-object.ts'
import type { StreamEvent, WireMessage } from '../../src/demo/message-events.ts'

export interface Answered {
  readonly status: number
  readonly headers: Headers
  readonly message: WireMessage
  readonly text: string
}

export const USER_SAYS_HI = [{ role: 'user', content: 'hi' }]

/** A request that every model takes. */
export function requestBody(more: Record<string, unknown> = {}): Record<string, unknown> {
  return { model: 'claude-sonnet-4-5', max_tokens: 1000, messages: USER_SAYS_HI, ...more }
}

export async function post(url: string, body: unknown, signal?: AbortSignal): Promise<Response> {
  return fetch(`${url}/v1/messages?beta=true`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', 'x-api-key': 'any', 'anthropic-version': '2023-06-01' },
    body: typeof body === 'string' ? body : JSON.stringify(body),
    ...(signal === undefined ? {} : { signal }),
  })
}

export async function ask(url: string, more: Record<string, unknown> = {}): Promise<Answered> {
  const response = await post(url, requestBody(more))
  if (!response.ok) throw new Error(`${response.status}: ${await response.text()}`)
  const message: unknown = await response.json()
  if (!isMessage(message)) throw new Error('not a message')
  return { status: response.status, headers: response.headers, message, text: textOf(message) }
}

export async function say(url: string, content: string, more: Record<string, unknown> = {}): Promise<Answered> {
  return ask(url, { messages: [{ role: 'user', content }], ...more })
}

export function textOf({ content }: WireMessage): string {
  return content.flatMap((block) => (block.type === 'text' ? [block.text] : [])).join('')
}

export async function askStreaming(url: string, more: Record<string, unknown> = {}): Promise<StreamEvent[]> {
  const response = await post(url, requestBody({ ...more, stream: true }))
  return readEvents(await response.text())
}

/** Every event of a stream, in order; each must name its type twice, as the API does. */
export function readEvents(stream: string): StreamEvent[] {
  return stream
    .split('\n\n')
    .filter((event) => event !== '')
    .map((event) => {
      const [, type, data] = /^event: (\w+)\ndata: (.*)$/.exec(event) ?? []
      const parsed: unknown = JSON.parse(data ?? 'null')
      if (!isEvent(parsed)) throw new Error(`not an event: ${data}`)
      if (parsed.type !== type) throw new Error(`event ${type} holds a ${parsed.type}`)
      return parsed
    })
}

function isMessage(value: unknown): value is WireMessage {
  return isObject(value) && value['type'] === 'message' && Array.isArray(value['content'])
}

function isEvent(value: unknown): value is StreamEvent {
  return isObject(value) && typeof value['type'] === 'string'
}
