/** Answers the calls of a rehearsal here and now: none goes out. */
import { refuse } from './refuse.ts'
import { sendShortestAnswer } from './shortest-answer.ts'
import type { TurnGate } from './turn-gate.ts'

export function createRehearsalGate(onClose: () => void): TurnGate {
  const facts = { calls: 0 }
  let closed = false
  return {
    facts,
    pass: (request, response) => {
      facts.calls += 1
      request.resume()
      if (closed) refuse(response, 409, 'invalid_request_error', 'The rehearsal is over.')
      else sendShortestAnswer(response)
    },
    close: () => {
      closed = true
      onClose()
    },
  }
}
