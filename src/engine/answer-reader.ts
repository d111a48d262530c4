/**
 * Reads one turn's answer out of what the process says: SDK messages in, `TurnEvent`s out. Only the model's first
 * message counts: what a process makes of a failure (its own words for a terminal, a second try, "please continue") is
 * never the answer. The answer is complete when the model gave a stop reason and the process ended the turn.
 */
import { z } from 'zod'
import type { FinishReason, TurnEvent } from '../turn/turn-event.ts'
import type { JsonObject } from '../turn/json.ts'
import type { Block, Message, ToolCallBlock, Turn } from '../turn/turn.ts'
import { TurnFailure } from '../turn/turn-failure.ts'
import type { SDKMessage } from './claude-code.ts'
import { type ReportedError, upstreamFailure } from './failures.ts'
import { type AnsweredCalls, ReasoningReader } from './reasoning-reader.ts'
import type { UpstreamFacts } from './egress/upstream-facts.ts'
import type { Reader } from './stream-answer.ts'
import { createStopMatcher, type StopMatcher } from './stop-matcher.ts'
import { ownStopSequences } from './turn-settings.ts'
import { UsageCount } from './usage-count.ts'

type StreamEvent = Extract<SDKMessage, { type: 'stream_event' }>['event']
type ResultMessage = Extract<SDKMessage, { type: 'result' }>

const argumentsSchema: z.ZodType<JsonObject> = z.record(z.string(), z.json()).transform((value): JsonObject => value)

interface Call {
  readonly id: string
  readonly name: string
  json: string
}

export interface Expected {
  /** Names of the functions that the caller offers; the model's calls of others are not its answer where it offers none. */
  readonly offered: readonly string[]
  /** At which the answer is cut off here; those that the model API looks for are not among them. */
  readonly stopSequences: readonly string[]
}

export class AnswerReader implements Reader {
  /** No tool runs here. */
  readonly patienceMs = undefined
  readonly #offered: ReadonlySet<string>
  readonly #stops: StopMatcher
  readonly #calls: Call[] = []
  readonly #reasoning = new ReasoningReader()
  /** The call whose arguments come. */
  #call: Call | undefined
  #model = ''
  #messages = 0
  #begun = false
  #wentOn = false
  #text = ''
  /** Characters of reasoning. */
  #reasoned = 0
  #reported: ReportedError = {}
  readonly #usage = new UsageCount()

  /** Why the model stopped, once it has said so. */
  stopped: FinishReason | undefined
  /** The answer was cut off here: the model would go on with it. */
  isCut = false

  constructor({ offered, stopSequences }: Expected) {
    this.#offered = new Set(offered)
    this.#stops = createStopMatcher(stopSequences)
  }

  /**
   * True when the process will ask, or has asked, the model for more than this answer: after a limit, after a refusal,
   * and when nothing visible came.
   */
  get goesOn(): boolean {
    if (this.stopped === undefined) return false
    return this.#wentOn || this.isCut || this.stopped === 'length' || this.stopped === 'refusal'
  }

  /** What was thought, and the calls that came after it. */
  get reasoning(): AnsweredCalls {
    return this.#reasoning
  }

  /** What was said, as the message of a conversation; undefined when it cannot be gone on from. */
  get message(): Message | undefined {
    const calls = this.#calls.map(({ id, name, json }) => toolCall(id, name, json))
    if (calls.includes(undefined)) return undefined
    const content: Block[] = [{ type: 'text', text: this.#text }]
    for (const call of calls) if (call !== undefined) content.push(call)
    return { role: 'assistant', content }
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
    const read = { text: this.#text.length, reasoning: this.#reasoned }
    const usage = this.isCut ? this.#usage.estimate(read) : this.#usage.total(costUsd)
    const finish: TurnEvent = { type: 'finish', reason: this.stopped, usage }
    return [...this.#begin(), finish]
  }

  #readEvent(event: StreamEvent): TurnEvent[] {
    if (event.type === 'message_start') {
      this.#messages += 1
      if (this.#messages === 1) {
        this.#model = event.message.model
        this.#usage.count(event.message.usage)
      }
      return []
    }
    if (this.#messages !== 1 || this.stopped !== undefined) return []
    this.#reasoning.read(event)
    switch (event.type) {
      case 'content_block_start':
        return this.#readBlock(event.content_block)
      case 'content_block_delta':
        return this.#readDelta(event.delta)
      case 'content_block_stop':
        return [...this.#say(this.#stops.end()), ...this.#endCall()]
      case 'message_delta':
        this.#usage.count(event.usage)
        this.#readStop(event.delta.stop_reason)
        return []
      case 'message_stop':
        return []
    }
  }

  #readStop(reason: string | null): void {
    const calls = this.#calls
    this.stopped = reason === 'tool_use' && calls.length > 0 ? 'tool_calls' : finishReason(reason)
    // The process tells the model that there is no such tool, and asks again.
    if (reason === 'tool_use' && !(calls.length > 0 && calls.every(({ name }) => this.#offered.has(name))))
      this.#wentOn = true
  }

  #readBlock(block: Extract<StreamEvent, { type: 'content_block_start' }>['content_block']): TurnEvent[] {
    if (block.type !== 'tool_use' || this.#offered.size === 0) return []
    this.#call = { id: block.id, name: block.name, json: '' }
    this.#calls.push(this.#call)
    return [...this.#begin(), { type: 'tool_call', id: block.id, name: block.name }]
  }

  /** A call without arguments is one with none. */
  #endCall(): TurnEvent[] {
    const call = this.#call
    this.#call = undefined
    if (call === undefined || call.json !== '') return []
    call.json = '{}'
    return [{ type: 'tool_arguments', json: call.json }]
  }

  #readDelta(delta: Extract<StreamEvent, { type: 'content_block_delta' }>['delta']): TurnEvent[] {
    if (delta.type === 'text_delta') {
      const { text, stopped } = this.#stops.push(delta.text)
      const said = this.#say(text)
      if (stopped) this.#cut()
      return said
    }
    if (delta.type === 'input_json_delta' && delta.partial_json !== '' && this.#call !== undefined) {
      this.#call.json += delta.partial_json
      return [{ type: 'tool_arguments', json: delta.partial_json }]
    }
    if (delta.type === 'thinking_delta' && delta.thinking !== '') {
      this.#reasoned += delta.thinking.length
      return [...this.#begin(), { type: 'reasoning', text: delta.thinking }]
    }
    return []
  }

  #say(text: string): TurnEvent[] {
    if (text === '') return []
    this.#text += text
    return [...this.#begin(), { type: 'text', text }]
  }

  #cut(): void {
    this.isCut = true
    this.stopped = 'stop_sequence'
  }

  /** The start goes out with the first content, so that a call that fails before any can still fail as a whole. */
  #begin(): TurnEvent[] {
    if (this.#begun) return []
    this.#begun = true
    const { serviceTier } = this.#usage
    return [{ type: 'start', model: this.#model, ...(serviceTier === undefined ? {} : { serviceTier }) }]
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

export function readerFor(turn: Turn): AnswerReader {
  return new AnswerReader({
    offered: turn.toolUse?.tools.map(({ name }) => name) ?? [],
    stopSequences: ownStopSequences(turn),
  })
}

function toolCall(id: string, name: string, json: string): ToolCallBlock | undefined {
  try {
    return { type: 'tool_call', id, name, input: argumentsSchema.parse(JSON.parse(json)) }
  } catch {
    return undefined
  }
}

export function finishReason(reason: string | null): FinishReason | undefined {
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
