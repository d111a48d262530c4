import { randomUUID } from 'node:crypto'
import { errorRow, type ApiError } from '../errors.ts'
import type { Logger } from '../log.ts'
import type { Principal } from '../turn/turn.ts'
import type { RequestEnd } from '../usage/request-meter.ts'
import { clip } from '../wire/quote.ts'
import type { AccessFacts } from './request-context.ts'

/** The version of OpenAI's API that every answer names, as theirs do. */
export const OPENAI_VERSION = '2020-10-01'

/** One request and its answer: the id, the headers that every answer has, and the one line in the access log. */
export interface Exchange {
  readonly id: string
  readonly log: Logger
  /** The answer's headers, whatever it becomes. */
  readonly headers: Headers
  /** When it came, in milliseconds of `performance.now()`. */
  readonly began: number
  identifyAs(principal: Principal): void
  /** Adds to the line in the access log. */
  note(facts: AccessFacts): void
  /** `hear` is told how it ended, once. */
  onSettle(hear: (end: RequestEnd) => void): void
  /** Stamps how long the answer took to begin. */
  stamp(): void
  /** The answer is out, or never will be: writes the access log line, once. */
  settle(status: number, failure?: ApiError): void
}

/** @param route the route's pattern: a raw path can hold secrets and has no bounds */
export function createExchange(request: Request, route: string, rootLog: Logger): Exchange {
  const id = `req_${randomUUID().replaceAll('-', '')}`
  const began = performance.now()
  const log = rootLog.child({ requestId: id })
  const headers = new Headers({
    'x-request-id': id,
    'openai-version': OPENAI_VERSION,
    'x-content-type-options': 'nosniff',
    'cross-origin-resource-policy': 'same-origin',
  })
  const clientRequestId = request.headers.get('x-client-request-id')
  let principal = 'unknown'
  let settled = false
  let noted: AccessFacts = {}
  const hearers: ((end: RequestEnd) => void)[] = []

  return {
    id,
    log,
    headers,
    began,
    identifyAs(identified) {
      principal = identified.id
    },
    note(facts) {
      noted = { ...noted, ...facts }
    },
    onSettle(hear) {
      hearers.push(hear)
    },
    stamp() {
      headers.set('openai-processing-ms', String(Math.round(performance.now() - began)))
    },
    settle(status, failure) {
      if (settled) return
      settled = true
      const end = { status, outcome: failure?.code ?? 'ok', ms: Math.round(performance.now() - began) }
      for (const hear of hearers) hear(end)
      const line = {
        ...noted,
        method: clip(request.method),
        route,
        principal,
        ...end,
        ...(clientRequestId !== null && { clientRequestId: clip(clientRequestId) }),
        ...(failure !== undefined && causeOf(failure)),
      }
      log[levelOf(failure)](line, 'request')
    },
  }
}

/** Refusals for want of room come in floods: a word says why, a stack would say the same each time. */
function causeOf({ code, cause }: ApiError): { readonly err?: unknown; readonly reason?: string } {
  if (cause === undefined) return {}
  return code === 'overloaded' && cause instanceof Error ? { reason: cause.message } : { err: cause }
}

function levelOf(failure: ApiError | undefined): 'info' | 'warn' | 'error' {
  if (failure?.code === 'internal_error') return 'error'
  // It comes in floods, and is counted.
  if (failure?.code === 'overloaded') return 'info'
  return failure !== undefined && errorRow(failure.code).status >= 500 ? 'warn' : 'info'
}
