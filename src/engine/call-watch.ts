/** What the calls of a process take, from all that it says: heard as it comes, whether or not anybody reads on. */
import { CallCount, type TakenCall } from './call-count.ts'
import type { SDKMessage } from './claude-code.ts'
import type { UpstreamFacts } from './egress/upstream-facts.ts'
import { wasRefused } from './failures.ts'

/** What a turn's calls of the model took: those that may have to be paid for. */
export interface Taken {
  readonly calls: readonly TakenCall[]
  /** USD for all of them, as Claude Code reckons it; it counts nothing for a call that it knows nothing of. */
  readonly costUsd: number
}

type StreamEvent = Extract<SDKMessage, { type: 'stream_event' }>['event']
type ResultMessage = Extract<SDKMessage, { type: 'result' }>

export class CallWatch {
  /** USD since the start of the process, and up to the turn. */
  #spent = 0
  #spentBefore = 0
  #facts: UpstreamFacts | undefined
  /** As the process passes them on. */
  #calls: CallCount[] = []
  #isOver = true
  #isAsked = false
  #isRefused = false
  #errorCode: string | undefined

  /**
   * A question is about to be asked.
   * @param facts what the egress knows of its call; absent where there is none
   */
  begin(facts: UpstreamFacts | undefined): void {
    this.#spentBefore = this.#spent
    this.#facts = facts
    this.#calls = []
    this.#isOver = false
    this.#isAsked = false
    this.#isRefused = false
    this.#errorCode = undefined
  }

  hear(message: SDKMessage): void {
    if (message.type === 'result') this.#hearResult(message)
    else if (message.type === 'assistant') this.#errorCode = message.error ?? this.#errorCode
    else if (message.type === 'system' && message.subtype === 'status')
      this.#isAsked ||= message.status === 'requesting'
    else if (message.type === 'stream_event' && message.parent_tool_use_id === null) this.#hearEvent(message.event)
  }

  /** USD since the question was asked. */
  get costUsd(): number {
    return Math.max(0, this.#spent - this.#spentBefore)
  }

  /** Tells what the question took, where that has not been told yet. */
  end(tell: ((taken: Taken) => void) | undefined): void {
    if (this.#isOver) return
    this.#isOver = true
    tell?.({ calls: this.#paid.map(({ taken }) => taken), costUsd: this.costUsd })
  }

  /** The egress sees more of its one call, and sooner. A second one is counted if it began: without the egress nobody knows whether it was sent. */
  get #paid(): readonly CallCount[] {
    const facts = this.#facts
    if (facts?.counts !== undefined) return facts.counts.filter(({ isPaid }) => isPaid)
    if (facts !== undefined) {
      const { count, isSent, status = 200, error } = facts
      if (count === undefined) return []
      const isRefused = status < 200 || status >= 300 || error !== undefined
      return count.hasBegun || (isSent === true && !isRefused) ? [count] : []
    }
    if (this.#calls.length > 0) return this.#calls
    return this.#isAsked && !this.#isRefused ? [new CallCount()] : []
  }

  #hearResult(result: ResultMessage): void {
    if (Number.isFinite(result.total_cost_usd)) this.#spent = result.total_cost_usd
    this.#isRefused = wasRefused({
      code: this.#errorCode,
      status: 'api_error_status' in result ? (result.api_error_status ?? undefined) : undefined,
      terminalReason: 'terminal_reason' in result ? result.terminal_reason : undefined,
      text: 'result' in result ? result.result : undefined,
    })
  }

  #hearEvent(event: StreamEvent): void {
    if (event.type === 'message_start') {
      const call = new CallCount()
      call.begin(event.message.model, event.message.usage)
      this.#calls.push(call)
    } else if (event.type === 'message_delta') this.#calls.at(-1)?.count(event.usage, event.delta.stop_reason)
    else if (event.type === 'content_block_delta') this.#calls.at(-1)?.hear(lengthOf(event.delta))
  }
}

function lengthOf(delta: Extract<StreamEvent, { type: 'content_block_delta' }>['delta']): {
  said?: number
  thought?: number
} {
  if (delta.type === 'text_delta') return { said: delta.text.length }
  if (delta.type === 'input_json_delta') return { said: delta.partial_json.length }
  return delta.type === 'thinking_delta' ? { thought: delta.thinking.length } : {}
}
