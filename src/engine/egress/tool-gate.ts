/** The model calls of a turn with tools on their way through the egress: one after the other, and those of tools meanwhile. */
import { CallCount } from '../call-count.ts'
import { answer, forwardCall, type KeptAnswer, type Mutable } from './forward-call.ts'
import { refuse } from './refuse.ts'
import type { GateOptions, TurnGate } from './turn-gate.ts'
import type { UpstreamFacts } from './upstream-facts.ts'

export interface ToolGateOptions {
  /** Most calls, those of tools included. */
  readonly mostCalls: number
  /** Whether a tool is at work, which may ask a model of its own. */
  readonly isToolAtWork: () => boolean
  /**
   * Asked before each call but the first whether there is money for it.
   * @param counts of the calls so far
   */
  readonly mayGoOn: (counts: readonly CallCount[]) => Promise<boolean>
}

/** After these the process would ask the model to go on by itself. */
const ENDS: ReadonlySet<string> = new Set(['max_tokens', 'refusal', 'model_context_window_exceeded'])

export function createToolGate(options: GateOptions & ToolGateOptions): TurnGate {
  const counts: CallCount[] = []
  const facts: Mutable<UpstreamFacts> = { calls: 0, counts }
  const abort = new AbortController()
  /** The call of the model itself that came last. */
  let last: CallCount | undefined
  let refused: KeptAnswer | undefined

  const isOver = (): boolean => abort.signal.aborted || (last?.stopReason !== undefined && ENDS.has(last.stopReason))
  return {
    facts,
    pass: (request, response) => {
      facts.calls += 1
      if (isOver()) return refuse(response, 409, 'invalid_request_error', 'The turn is over.')
      // After a 400 or a 404 the process tries other parameters: it gets the same answer again.
      if (refused !== undefined) return answer(response, refused)
      const isOfTool = options.isToolAtWork()
      if (facts.calls > options.mostCalls) {
        if (!isOfTool) facts.isOutOfCalls = true
        return refuse(response, 409, 'invalid_request_error', 'The turn has had its calls.')
      }
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
      const go = async (): Promise<void> => {
        if (earlier.length > 0 && !(await options.mayGoOn(earlier))) {
          facts.isOutOfBudget = true
          refuse(response, 409, 'invalid_request_error', 'The budget is used up.')
        } else await forwardCall({ request, response, facts: its, count, abort: abort.signal, ...options, keep })
      }
      void go().catch(() => response.destroy())
    },
    close: () => {
      abort.abort()
      options.onClose()
    },
  }
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
