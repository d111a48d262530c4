/**
 * The model calls of a turn with tools on their way through the egress: Claude Code's own, one after the other, those that its tools
 * make meanwhile, and those that commands make where there are some.
 */
import { Readable } from 'node:stream'
import type { IncomingMessage, ServerResponse } from 'node:http'
import { CallCount } from '../call-count.ts'
import { answer, forwardCall, type KeptAnswer, type Mutable } from './forward-call.ts'
import type { InspectCall } from './inspect-call.ts'
import { createPlacesInLine } from '../places-in-line.ts'
import { refuse } from './refuse.ts'
import type { GateOptions, TurnGate } from './turn-gate.ts'
import type { UpstreamFacts } from './upstream-facts.ts'

export interface ToolGateOptions {
  /** Most calls, those of tools included. */
  readonly mostCalls: number
  /** Whether a tool is at work, which may ask a model of its own. */
  readonly isToolAtWork: () => boolean
  /**
   * Asked before each call but the first whether there is money for it. Absent where there is no limit.
   * @param counts of the calls so far, which are over
   */
  readonly mayGoOn?: ((counts: readonly CallCount[]) => Promise<boolean>) | undefined
  /** Looks at each call, where commands can make some. */
  readonly inspect?: InspectCall | undefined
  /** A call was refused for what it asked. */
  readonly onOdd?: (why: string) => void
}

/** After these the process would ask the model to go on by itself. */
const ENDS: ReadonlySet<string> = new Set(['max_tokens', 'refusal', 'model_context_window_exceeded'])

/** Of a turn without a limit: each may hold a body. Under a limit there is one, as nobody knows what a call takes before it is over. */
const MOST_AT_ONCE = 4
/** What the model API takes. */
const MOST_BODY_BYTES = 32 * 1024 * 1024
/** Calls that Claude Code would not make. Reading them costs time. */
const MOST_ODD = 3

export function createToolGate(options: GateOptions & ToolGateOptions): TurnGate {
  const { inspect, mayGoOn } = options
  const counts: CallCount[] = []
  const facts: Mutable<UpstreamFacts> = { calls: 0, counts }
  const abort = new AbortController()
  const places = createPlacesInLine(mayGoOn === undefined ? MOST_AT_ONCE : 1)
  /** The call of the model itself that came last. */
  let last: CallCount | undefined
  let refused: KeptAnswer | undefined
  let odd = 0

  const isOver = (): boolean =>
    abort.signal.aborted || odd >= MOST_ODD || (last?.stopReason !== undefined && ENDS.has(last.stopReason))
  /** The body that goes out; undefined where none does. */
  const inspected = async (request: IncomingMessage, response: ServerResponse): Promise<Readable | undefined> => {
    if (inspect === undefined) return request
    const body = await readBody(request)
    const why = body === undefined ? 'it is too large' : inspect(body)
    if (body !== undefined && why === undefined) return Readable.from([Buffer.from(body)])
    odd += 1
    options.onOdd?.(why ?? '')
    refuse(response, 409, 'invalid_request_error', 'Such a call is not part of a turn.')
    return undefined
  }
  const pass = async (request: IncomingMessage, response: ServerResponse, isOfTool: boolean): Promise<void> => {
    if (response.destroyed) return
    if (isOver()) return refuse(response, 409, 'invalid_request_error', 'The turn is over.')
    // After a 400 or a 404 the process tries other parameters: it gets the same answer again.
    if (refused !== undefined) return answer(response, refused)
    if (counts.length >= options.mostCalls) {
      if (!isOfTool) facts.isOutOfCalls = true
      return refuse(response, 409, 'invalid_request_error', 'The turn has had its calls.')
    }
    const body = await inspected(request, response)
    if (body === undefined) return
    const earlier = [...counts]
    const count = new CallCount()
    counts.push(count)
    if (!isOfTool) last = count
    // What a tool's call comes to is told by the tool.
    const its: Mutable<UpstreamFacts> = isOfTool ? { calls: 1 } : facts
    if (!isOfTool) forget(facts)
    const keep = (kept: KeptAnswer): void => {
      if (!isOfTool) refused = kept
    }
    if (earlier.length > 0 && mayGoOn !== undefined && !(await mayGoOn(earlier))) {
      facts.isOutOfBudget = true
      return refuse(response, 409, 'invalid_request_error', 'The budget is used up.')
    }
    await forwardCall({ request, body, response, facts: its, count, abort: abort.signal, ...options, keep })
  }
  return {
    facts,
    pass: (request, response) => {
      facts.calls += 1
      const isOfTool = options.isToolAtWork()
      void places.hold(() => pass(request, response, isOfTool)).catch(() => response.destroy())
    },
    close: () => {
      abort.abort()
      options.onClose()
    },
  }
}

/** Undefined for one that is longer than the model API takes. What is not UTF-8 is not what was sent: it is read as something else. */
async function readBody(request: IncomingMessage): Promise<string | undefined> {
  const chunks: Buffer[] = []
  let bytes = 0
  for await (const chunk of request) {
    if (!Buffer.isBuffer(chunk)) continue
    bytes += chunk.length
    if (bytes > MOST_BODY_BYTES) return undefined
    chunks.push(chunk)
  }
  return Buffer.concat(chunks).toString('utf8')
}

/** What is known of the call before. */
function forget(facts: Mutable<UpstreamFacts>): void {
  delete facts.status
  delete facts.error
  delete facts.retryAfterSeconds
  delete facts.connectionError
  delete facts.requestId
  delete facts.isSent
}
