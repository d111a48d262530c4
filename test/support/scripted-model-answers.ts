/** The answers that a scripted model can be given, good ones and every way of failing. */
import { EventEmitter, once } from 'node:events'
import { setTimeout as delay } from 'node:timers/promises'
import {
  type Answer as WholeAnswer,
  type AnswerBlock,
  type AnswerUsage,
  inWords,
  type StopReason,
} from '../../src/demo/answer.ts'
import { problem, problemType } from '../../src/demo/api-problem.ts'
import { foldMessage } from '../../src/demo/fold-message.ts'
import type { JsonObject } from '../../src/demo/json-object.ts'
import { messageEvents, type StreamEvent } from '../../src/demo/message-events.ts'
import type { Answer, RecordedRequest, ScriptedReply } from './scripted-model.ts'

/** A text, which is streamed word by word, or the very deltas. */
export type Deltas = string | readonly string[]

export interface SaysOptions {
  readonly stopReason?: StopReason
  readonly stopSequence?: string
  /** Default: 10 in, one out for each delta. */
  readonly usage?: Partial<AnswerUsage>
  /** Milliseconds before each delta. */
  readonly delayMs?: number
  /** Comes first, signed. */
  readonly thinking?: Deltas
  /** Come last; the stop reason is then `tool_use` unless another is given. */
  readonly calls?: readonly { readonly id: string; readonly name: string; readonly input: JsonObject }[]
  /** Default: the one that was asked for. */
  readonly model?: string
}

/** A whole good answer. */
export function says(deltas: Deltas, options: SaysOptions = {}): Answer {
  return async (request, reply) => {
    const events = messageEvents(messageId(request), wholeAnswer(request, deltas, options))
    if (!streams(request)) return reply.message(foldMessage(events))
    reply.startStream()
    for (const event of events) {
      if (options.delayMs !== undefined && event.type === 'content_block_delta')
        await delay(options.delayMs, undefined, { signal: reply.signal })
      await reply.event(event)
    }
    reply.end()
  }
}

/** What the model API answers to a call that searches the web: the pages that it found. */
export function searches(pages: readonly { readonly title: string; readonly url: string }[]): Answer {
  const stop = (index: number): RawEvent => ({ type: 'content_block_stop', index })
  const events: readonly RawEvent[] = [
    block(0, { type: 'server_tool_use', id: 'srvtoolu_1', name: 'web_search', input: {} }),
    stop(0),
    block(1, {
      type: 'web_search_tool_result',
      tool_use_id: 'srvtoolu_1',
      content: pages.map((page) => ({ ...page, type: 'web_search_result', encrypted_content: 'x', page_age: null })),
    }),
    stop(1),
  ]
  return async (request, reply) => {
    const [start, ...rest] = messageEvents(messageId(request), wholeAnswer(request, [], {}))
    reply.startStream()
    if (start !== undefined) await reply.event(start)
    for (const event of events) reply.response.write(`event: ${event.type}\ndata: ${JSON.stringify(event)}\n\n`)
    for (const event of rest) await reply.event(event)
    reply.end()
  }
}

type RawEvent = JsonObject & { readonly type: string }

const block = (index: number, content: JsonObject): RawEvent => ({
  type: 'content_block_start',
  index,
  content_block: content,
})

export interface FailsOptions {
  /** Default: the API's name for the status. */
  readonly type?: string
  readonly message?: string
  readonly headers?: Readonly<Record<string, string>>
}

/** An error status with the API's error body. */
export function fails(
  status: number,
  { type = problemType(status), message = `scripted ${status}`, headers = {} }: FailsOptions = {},
): Answer {
  return (_request, reply) => reply.problem({ status, type, message }, headers)
}

/** Breaks the connection in mid-stream, after these deltas. */
export function cuts(deltas: Deltas, options: SaysOptions = {}): Answer {
  return async (request, reply) => {
    if (streams(request)) await begin(request, reply, deltas, options)
    await flushed(reply)
    // A reader that learns of the cut first drops what it has not read yet.
    await delay(150, undefined, { signal: reply.signal })
    reply.response.destroy()
  }
}

/** Breaks the connection before the answer's headers. */
export function cutsBeforeStream(): Answer {
  return (_request, reply) => void reply.response.destroy()
}

/** An `error` event after these deltas, then a regular end of the stream. */
export function errorsMidStream(
  deltas: Deltas,
  errorType = 'overloaded_error',
  message = `scripted ${errorType}`,
): Answer {
  return async (request, reply) => {
    if (!streams(request)) return reply.problem({ ...problem(500, message), type: errorType })
    await begin(request, reply, deltas)
    await reply.errorEvent({ type: errorType, message })
    reply.end()
  }
}

/** The headers and these deltas, then nothing until the caller leaves. */
export function stalls(deltas: Deltas = [], options: SaysOptions = {}): Answer {
  return async (request, reply) => {
    if (streams(request)) await begin(request, reply, deltas, options)
    await callerLeaves(reply)
  }
}

/** Nothing at all until the caller leaves. */
export function stallsBeforeHeaders(): Answer {
  return (_request, reply) => callerLeaves(reply)
}

/** A whole good answer with a pause before each delta. */
export function drips(deltas: Deltas, everyMs: number, options: SaysOptions = {}): Answer {
  return says(deltas, { ...options, delayMs: everyMs })
}

/** Lets a gated answer's deltas through. */
export interface Gate {
  /** One delta more, or as many as given; those to come may be released ahead. */
  release(deltas?: number): void
}

/** A whole good answer of which each delta waits for `release()`; after the last one it ends by itself. */
export function gated(deltas: Deltas, options: SaysOptions = {}): Answer & Gate {
  const gate = { open: 0 }
  const releases = new EventEmitter()
  const pass = async (signal: AbortSignal): Promise<void> => {
    while (gate.open === 0) await once(releases, 'release', { signal })
    gate.open -= 1
  }
  const answer: Answer = async (request, reply) => {
    const events = messageEvents(messageId(request), wholeAnswer(request, deltas, options))
    const sent: StreamEvent[] = []
    if (streams(request)) reply.startStream()
    for (const event of events) {
      if (event.type === 'content_block_delta' && event.delta.type === 'text_delta') await pass(reply.signal)
      sent.push(event)
      if (streams(request)) await reply.event(event)
    }
    if (streams(request)) reply.end()
    else reply.message(foldMessage(sent))
  }
  return Object.assign(answer, {
    release(count = 1) {
      gate.open += count
      releases.emit('release')
    },
  })
}

export interface RawOptions {
  /** Default 200. */
  readonly status?: number
  /** Default: that of a stream. */
  readonly headers?: Readonly<Record<string, string>>
}

/** These very bytes, each chunk in a write of its own: garbage, a proxy's HTML page, half an event. */
export function raw(
  chunks: readonly (string | Uint8Array)[],
  { status = 200, headers = { 'content-type': 'text/event-stream' } }: RawOptions = {},
): Answer {
  return (_request, { response }) => {
    response.writeHead(status, headers)
    for (const chunk of chunks) response.write(chunk)
    response.end()
  }
}

function streams(request: RecordedRequest): boolean {
  return request.body['stream'] === true
}

/** Everything of a good answer up to its last delta. */
async function begin(
  request: RecordedRequest,
  reply: ScriptedReply,
  deltas: Deltas,
  options: SaysOptions = {},
): Promise<void> {
  reply.startStream()
  const events = [...messageEvents(messageId(request), wholeAnswer(request, deltas, options))]
  const lastDelta = events.findLastIndex(({ type }) => type === 'content_block_delta')
  // Without a delta only the message begins.
  for (const event of events.slice(0, Math.max(lastDelta + 1, 1))) await reply.event(event)
}

function wholeAnswer(request: RecordedRequest, deltas: Deltas, options: SaysOptions): WholeAnswer {
  const blocks: AnswerBlock[] = []
  if (options.thinking !== undefined) blocks.push({ type: 'thinking', pieces: piecesOf(options.thinking) })
  const pieces = piecesOf(deltas)
  if (pieces.length > 0) blocks.push({ type: 'text', pieces })
  for (const { id, name, input } of options.calls ?? [])
    blocks.push({ type: 'tool_use', id, name, pieces: [JSON.stringify(input)] })
  const asked = request.body['model']
  return {
    model: options.model ?? (typeof asked === 'string' ? asked : 'scripted'),
    blocks,
    stopReason: options.stopReason ?? (options.calls === undefined ? 'end_turn' : 'tool_use'),
    stopSequence: options.stopSequence ?? null,
    usage: {
      inputTokens: 10,
      cacheReadTokens: 0,
      cacheWriteTokens: 0,
      outputTokens: pieces.length,
      thinkingTokens: 0,
      ...options.usage,
    },
  }
}

function piecesOf(deltas: Deltas): readonly string[] {
  return typeof deltas === 'string' ? inWords(deltas) : deltas
}

/** Distinct for each call, and the same whenever the same test runs. */
function messageId(request: RecordedRequest): string {
  return `msg_scripted_${request.number}`
}

/** What has been written is on its way: a connection that is destroyed takes with it what still waits here. */
async function flushed({ response }: ScriptedReply): Promise<void> {
  if (!response.headersSent) return
  await new Promise<void>((resolve) => {
    response.write('', () => resolve())
  })
}

async function callerLeaves({ signal }: ScriptedReply): Promise<void> {
  if (!signal.aborted) await once(signal, 'abort')
}
