/** The one model call of a turn on its way through the egress. */
import type { IncomingMessage, ServerResponse } from 'node:http'
import { CallCount } from '../call-count.ts'
import { answer, forwardCall, type KeptAnswer, type Mutable, type WayOut } from './forward-call.ts'
import { refuse } from './refuse.ts'
import type { UpstreamFacts } from './upstream-facts.ts'

export interface TurnGate {
  readonly facts: UpstreamFacts
  pass(request: IncomingMessage, response: ServerResponse): void
  /** Ends the call, if it is under way, and lets no other through. */
  close(): void
}

export interface GateOptions extends WayOut {
  readonly onClose: () => void
}

export function createTurnGate(options: GateOptions): TurnGate {
  const count = new CallCount()
  const facts: Mutable<UpstreamFacts> = { calls: 0, count }
  const abort = new AbortController()
  let firstAnswer: KeptAnswer | undefined
  return {
    facts,
    pass: (request, response) => {
      facts.calls += 1
      if (abort.signal.aborted) refuse(response, 409, 'invalid_request_error', 'The turn is over.')
      else if (facts.calls === 1) {
        const keep = (first: KeptAnswer): void => void (firstAnswer = first)
        void forwardCall({ request, body: request, response, facts, count, abort: abort.signal, ...options, keep })
      }
      // After a 400 or a 404 the child tries other parameters: it gets the same answer again.
      else if (firstAnswer !== undefined) answer(response, firstAnswer)
      else refuse(response, 409, 'invalid_request_error', 'A turn is one call.')
    },
    close: () => {
      abort.abort()
      options.onClose()
    },
  }
}
