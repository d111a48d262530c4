/**
 * Reads one turn's answer out of what the process says: SDK messages in, `TurnEvent`s out. Only the model's first
 * message counts: what a process makes of a failure (its own words for a terminal, a second try, "please continue") is
 * never the answer. The answer is complete when the model gave a stop reason and the process ended the turn.
 */
import type { FinishReason, TurnEvent, Usage } from '../turn/turn-event.ts'
import { TurnFailure } from '../turn/turn-failure.ts'
import type { SDKMessage } from './claude-code.ts'
import { type ReportedError, upstreamFailure } from './failures.ts'
import type { UpstreamFacts } from './egress/upstream-facts.ts'

type StreamEvent = Extract<SDKMessage, { type: 'stream_event' }>['event']
type ResultMessage = Extract<SDKMessage, { type: 'result' }>

interface ReportedUsage {
  readonly input_tokens?: number | null
  readonly cache_read_input_tokens?: number | null
  readonly cache_creation_input_tokens?: number | null
  readonly output_tokens?: number | null
  readonly output_tokens_details?: { readonly thinking_tokens?: number | null } | null
}

/** Counters are cumulative: a later value overwrites an earlier one. */
interface Counted {
  input: number
  cacheRead: number
  cacheWrite: number
  output: number
  reasoning: number
}

export class AnswerReader {
  #model = ''
  #messages = 0
  #begun = false
  #wentOn = false
  #text = ''
  #reported: ReportedError = {}
  #counted: Counted = { input: 0, cacheRead: 0, cacheWrite: 0, output: 0, reasoning: 0 }

  /** Why the model stopped, once it has said so. */
  stopped: FinishReason | undefined

  /**
   * True when the process will ask, or has asked, the model for more than this answer: after a limit, after a refusal,
   * and when nothing visible came.
   */
  get goesOn(): boolean {
    if (this.stopped === undefined) return false
    return this.#wentOn || this.stopped === 'length' || this.stopped === 'refusal'
  }

  /** The text so far. */
  get text(): string {
    return this.#text
  }

  /** The pieces of the answer in this message. */
  read(message: SDKMessage): TurnEvent[] {
    if (message.type === 'assistant' && message.error !== undefined) {
      this.#reported = { ...this.#reported, code: message.error }
      return []
    }
    // What the process itself says to the model: "no such tool" can come before the stop reason does.
    if (message.type === 'user' && this.#messages > 0) this.#wentOn = true
    return message.type === 'stream_event' && message.parent_tool_use_id === null ? this.#readEvent(message.event) : []
  }

  /**
   * The end of the turn.
   * @param costUsd what this turn cost, as the process reckons it
   * @throws TurnFailure when the answer is not complete.
   */
  finish(result: ResultMessage, facts: UpstreamFacts, costUsd: number | undefined): TurnEvent[] {
    this.#note(result)
    if (this.stopped === undefined) throw this.#failure(result, facts)
    if (!this.goesOn && (result.is_error || !this.#addsUp(result))) {
      throw new TurnFailure('answer_mismatch', 'the process ended the turn with something else than was streamed')
    }
    return this.finishWithoutResult(costUsd)
  }

  /** The end of the turn where the process owes its result but the model had said that it is done. */
  finishWithoutResult(costUsd?: number): TurnEvent[] {
    if (this.stopped === undefined) throw new TurnFailure('stream_interrupted', 'the model never said that it was done')
    const finish: TurnEvent = { type: 'finish', reason: this.stopped, usage: this.#usage(costUsd) }
    return [...this.#begin(), finish]
  }

  #readEvent(event: StreamEvent): TurnEvent[] {
    if (event.type === 'message_start') {
      this.#messages += 1
      if (this.#messages === 1) {
        this.#model = event.message.model
        this.#count(event.message.usage)
      }
      return []
    }
    if (this.#messages !== 1 || this.stopped !== undefined) return []
    if (event.type === 'content_block_delta') return this.#readDelta(event.delta)
    if (event.type === 'message_delta') {
      this.#count(event.usage)
      this.stopped = finishReason(event.delta.stop_reason)
      // It will be told that there is no such tool, and asked again.
      if (event.delta.stop_reason === 'tool_use') this.#wentOn = true
    }
    return []
  }

  #readDelta(delta: Extract<StreamEvent, { type: 'content_block_delta' }>['delta']): TurnEvent[] {
    if (delta.type === 'text_delta' && delta.text !== '') {
      this.#text += delta.text
      return [...this.#begin(), { type: 'text', text: delta.text }]
    }
    if (delta.type === 'thinking_delta' && delta.thinking !== '') {
      return [...this.#begin(), { type: 'reasoning', text: delta.thinking }]
    }
    return []
  }

  /** The start goes out with the first content, so that a call that fails before any can still fail as a whole. */
  #begin(): TurnEvent[] {
    if (this.#begun) return []
    this.#begun = true
    return [{ type: 'start', model: this.#model }]
  }

  /** @param usage absent where a gateway before the model API leaves it out, whatever the types say */
  #count(usage: ReportedUsage | undefined): void {
    if (usage === undefined) return
    const counted = this.#counted
    this.#counted = {
      input: usage.input_tokens ?? counted.input,
      cacheRead: usage.cache_read_input_tokens ?? counted.cacheRead,
      cacheWrite: usage.cache_creation_input_tokens ?? counted.cacheWrite,
      output: usage.output_tokens ?? counted.output,
      reasoning: usage.output_tokens_details?.thinking_tokens ?? counted.reasoning,
    }
  }

  #usage(costUsd: number | undefined): Usage {
    const { input, cacheRead, cacheWrite, output, reasoning } = this.#counted
    return {
      inputTokens: input + cacheRead + cacheWrite,
      cacheReadTokens: cacheRead,
      cacheWriteTokens: cacheWrite,
      outputTokens: output,
      reasoningTokens: reasoning,
      ...(costUsd === undefined ? {} : { costUsd }),
    }
  }

  #note(result: ResultMessage): void {
    this.#reported = {
      ...this.#reported,
      status: 'api_error_status' in result ? (result.api_error_status ?? undefined) : undefined,
      terminalReason: 'terminal_reason' in result ? result.terminal_reason : undefined,
      text: 'result' in result ? result.result : undefined,
    }
  }

  #failure(result: ResultMessage, facts: UpstreamFacts): TurnFailure {
    if (this.#begun)
      return new TurnFailure('stream_interrupted', `the answer broke off: ${this.#reported.text ?? 'no reason given'}`)
    if (result.is_error) return upstreamFailure(facts, this.#reported)
    return new TurnFailure('worker_died', 'the process ended the turn without an answer')
  }

  /** The process repeats its last block of text in the result: it has to be what was streamed last. */
  #addsUp(result: ResultMessage): boolean {
    return !('result' in result) || this.#text.trim().endsWith(result.result.trim())
  }
}

function finishReason(reason: string | null): FinishReason | undefined {
  switch (reason) {
    case null:
      return undefined
    case 'stop_sequence':
      return 'stop_sequence'
    case 'max_tokens':
    case 'model_context_window_exceeded':
      return 'length'
    case 'refusal':
      return 'refusal'
    default:
      return 'done'
  }
}
