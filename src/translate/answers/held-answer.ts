/** An answer that has to be of a form: it is complete only when its text has been looked at. */
import type { FinishEvent } from '../../turn/turn-event.ts'
import { TurnFailure } from '../../turn/turn-failure.ts'
import type { Reading } from './reading.ts'

/** What is wrong with a text, for the log; undefined where it fits. */
export type CheckAnswer = (text: string) => Promise<string | undefined>

/**
 * Calls, a refusal and an answer that ran into a limit, or into a sequence at which the caller wants it to stop, are none
 * that could fit.
 * @throws TurnFailure `answer_rejected` in the place of the finish
 */
export function holdAnswerTo(check: CheckAnswer): Reading {
  return async function* (events) {
    let text = ''
    let called = false
    let finish: FinishEvent | undefined
    for await (const event of events) {
      if (event.type === 'text') text += event.text
      called ||= event.type === 'tool_call'
      // The end of the events frees the process: it need not wait for the check.
      if (event.type === 'finish') finish = event
      else yield event
    }
    if (finish === undefined) return
    if (!called && finish.reason === 'done') {
      const problem = await check(text)
      if (problem !== undefined) throw new TurnFailure('answer_rejected', `the answer does not fit: ${problem}`)
    }
    yield finish
  }
}

export const isJsonText: CheckAnswer = (text) => Promise.resolve(parse(text).problem)

export const isJsonObjectText: CheckAnswer = (text) => {
  const { value, problem } = parse(text)
  const isObject = typeof value === 'object' && value !== null && !Array.isArray(value)
  return Promise.resolve(problem ?? (isObject ? undefined : 'it is not an object'))
}

function parse(text: string): { value?: unknown; problem?: string } {
  try {
    return { value: JSON.parse(text) }
  } catch {
    return { problem: 'it is not JSON' }
  }
}
