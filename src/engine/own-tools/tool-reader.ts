/**
 * Reads the answer of a turn with tools: several calls of the model, and what its tools do between them. The answer is the
 * text of all of them, in order; it is complete when the process ends the turn.
 */
import { z } from 'zod'
import type { FinishReason, TurnEvent, Usage } from '../../turn/turn-event.ts'
import type { JsonObject } from '../../turn/json.ts'
import { TurnFailure } from '../../turn/turn-failure.ts'
import { finishReason } from '../answer-reader.ts'
import type { SDKMessage } from '../claude-code.ts'
import type { UpstreamFacts } from '../egress/upstream-facts.ts'
import { type ReportedError, upstreamFailure } from '../failures.ts'
import { type AnsweredCalls, ReasoningReader } from '../reasoning-reader.ts'
import type { Reader } from '../stream-answer.ts'
import { createStopMatcher, type StopMatcher } from '../stop-matcher.ts'
import { tokens, UsageCount } from '../usage-count.ts'
import { sourcesOf } from './sources-of.ts'
import { textOfResult } from './text-of-result.ts'
import type { ToolSteps } from './tool-steps.ts'

type StreamEvent = Extract<SDKMessage, { type: 'stream_event' }>['event']
type ResultMessage = Extract<SDKMessage, { type: 'result' }>
type UserMessage = Extract<SDKMessage, { type: 'user' }>

export interface ToolReading {
  /** Names of the functions that the caller offers. */
  readonly functions: ReadonlySet<string>
  /** At which the answer is cut off here. */
  readonly stopSequences: readonly string[]
  readonly steps: ToolSteps
  /** Milliseconds that a tool may take. */
  readonly toolTimeoutMs: number
}

interface Step {
  readonly name: string
  readonly began: number
}

interface OpenCall {
  readonly id: string
  readonly name: string
  readonly isFunction: boolean
  json: string
}

const inputSchema: z.ZodType<JsonObject> = z.record(z.string(), z.json()).transform((value): JsonObject => value)

const resultSchema = z.object({
  type: z.literal('tool_result'),
  tool_use_id: z.string(),
  content: z.unknown(),
  is_error: z.boolean().nullish(),
})

/** The process ends a tool by itself; what does not come to an end then hangs. */
const GRACE_MS = 10_000

export class ToolReader implements Reader {
  readonly #reading: ToolReading
  readonly #stops: StopMatcher
  readonly #steps = new Map<string, Step>()
  #call: OpenCall | undefined
  #model = ''
  #begun = false
  /** The model is in the middle of a message. */
  #isSpeaking = false
  /** Text of an earlier message stands before what comes. */
  #isAfterText = false
  #text = ''
  #last: FinishReason | undefined
  #hasFunctions = false
  #reported: ReportedError = {}
  #reasoning = new ReasoningReader()
  #counts: Usage = NOTHING
  /** Of the message that comes. */
  #usage = new UsageCount()
  #reasoningTokens = 0

  isCut = false
  readonly message = undefined

  constructor(reading: ToolReading) {
    this.#reading = reading
    this.#stops = createStopMatcher(reading.stopSequences)
  }

  /** Known at the end of the turn alone: after each call there can be another. */
  get stopped(): FinishReason | undefined {
    return this.isCut ? 'stop_sequence' : undefined
  }

  /** Where the egress is off, a process that would ask the model to go on has to be stopped. */
  get goesOn(): boolean {
    return this.isCut || this.#last === 'length' || this.#last === 'refusal'
  }

  get reasoning(): AnsweredCalls {
    return this.#reasoning
  }

  get patienceMs(): number | undefined {
    const { steps, toolTimeoutMs } = this.#reading
    return steps.isAnyAtWork ? toolTimeoutMs + GRACE_MS : undefined
  }

  read(message: SDKMessage): TurnEvent[] {
    if (message.type === 'assistant' && message.error !== undefined) {
      this.#reported = { ...this.#reported, code: message.error }
      return []
    }
    if (message.type === 'user') return this.#readResults(message)
    return message.type === 'stream_event' && message.parent_tool_use_id === null ? this.#readEvent(message.event) : []
  }

  finish(result: ResultMessage, facts: UpstreamFacts, costUsd: number | undefined): TurnEvent[] {
    this.#counts = { ...usageOf(result, this.#reasoningTokens), ...(costUsd === undefined ? {} : { costUsd }) }
    if (result.subtype === 'error_max_turns' || facts.isOutOfCalls === true) return this.#finish('length', 'turn_limit')
    if (facts.isOutOfBudget === true) return this.#finish('length', 'budget')
    if (this.#last === 'length' || this.#last === 'refusal') return this.#finish(this.#last)
    this.#note(result)
    if (result.is_error) throw this.#failure(facts)
    if (this.#hasFunctions) return this.#finish('tool_calls')
    if (this.#last === undefined) throw new TurnFailure('worker_died', 'the process ended the turn without an answer')
    if ('result' in result && !this.#text.trim().endsWith(result.result.trim())) {
      throw new TurnFailure('answer_mismatch', 'the process ended the turn with something else than was streamed')
    }
    return this.#finish(this.#last)
  }

  finishWithoutResult(): TurnEvent[] {
    if (!this.isCut) throw new TurnFailure('stream_interrupted', 'the process never said that it was done')
    return this.#finish('stop_sequence')
  }

  #finish(reason: FinishReason, endedBy?: 'turn_limit' | 'budget'): TurnEvent[] {
    const finish: TurnEvent = {
      type: 'finish',
      reason,
      usage: this.#counts,
      ...(endedBy === undefined ? {} : { endedBy }),
    }
    return [...this.#begin(), finish]
  }

  #readEvent(event: StreamEvent): TurnEvent[] {
    if (event.type === 'message_start') {
      this.#model ||= event.message.model
      this.#isSpeaking = true
      this.#isAfterText = this.#text !== '' && !this.#text.endsWith('\n')
      this.#reasoning = new ReasoningReader()
      this.#usage = new UsageCount()
      this.#usage.count(event.message.usage)
      return []
    }
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
        this.#last = finishReason(event.delta.stop_reason) ?? this.#last
        return []
      case 'message_stop':
        this.#isSpeaking = false
        this.#reasoningTokens += this.#usage.total(undefined).reasoningTokens
        return []
    }
  }

  #readBlock(block: Extract<StreamEvent, { type: 'content_block_start' }>['content_block']): TurnEvent[] {
    if (block.type !== 'tool_use') return []
    const { id, name } = block
    const isFunction = this.#reading.functions.has(name)
    this.#call = { id, name, isFunction, json: '' }
    if (!isFunction) {
      this.#steps.set(id, { name, began: performance.now() })
      return []
    }
    this.#hasFunctions = true
    return [...this.#begin(), { type: 'tool_call', id, name }]
  }

  #readDelta(delta: Extract<StreamEvent, { type: 'content_block_delta' }>['delta']): TurnEvent[] {
    if (delta.type === 'text_delta') {
      const { text, stopped } = this.#stops.push(delta.text)
      const said = this.#say(text)
      this.isCut ||= stopped
      return said
    }
    if (delta.type === 'thinking_delta' && delta.thinking !== '') {
      return [...this.#begin(), { type: 'reasoning', text: delta.thinking }]
    }
    const call = this.#call
    if (delta.type !== 'input_json_delta' || delta.partial_json === '' || call === undefined) return []
    call.json += delta.partial_json
    return call.isFunction ? [{ type: 'tool_arguments', json: delta.partial_json }] : []
  }

  #endCall(): TurnEvent[] {
    const call = this.#call
    this.#call = undefined
    if (call === undefined) return []
    if (call.isFunction) return call.json === '' ? [{ type: 'tool_arguments', json: '{}' }] : []
    return [...this.#begin(), { type: 'own_tool_start', id: call.id, name: call.name, input: inputOf(call.json) }]
  }

  #readResults({ message, tool_use_result: whole }: UserMessage): TurnEvent[] {
    if (typeof message.content === 'string') return []
    return message.content.flatMap((block): TurnEvent[] => {
      const result = resultSchema.safeParse(block).data
      const step = result === undefined ? undefined : this.#steps.get(result.tool_use_id)
      if (result === undefined || step === undefined) return []
      this.#steps.delete(result.tool_use_id)
      // A tool that there is not is refused before the call has come to its end.
      const started = this.#call?.id === result.tool_use_id ? this.#endCall() : []
      const end = this.#reading.steps.end(result.tool_use_id)
      return [
        ...started,
        {
          type: 'own_tool_end',
          id: result.tool_use_id,
          name: step.name,
          output: textOfResult(result.content),
          outcome: end === 'denied' ? 'denied' : result.is_error === true ? 'failed' : 'done',
          durationMs: Math.round(performance.now() - step.began),
          ...(end === 'unknown' ? { isUnknown: true } : {}),
          ...(step.name === 'WebSearch' ? { sources: sourcesOf(whole) } : {}),
        },
      ]
    })
  }

  #say(text: string): TurnEvent[] {
    if (text === '') return []
    const said = this.#isAfterText ? `\n\n${text}` : text
    this.#isAfterText = false
    this.#text += said
    return [...this.#begin(), { type: 'text', text: said }]
  }

  #begin(): TurnEvent[] {
    if (this.#begun) return []
    this.#begun = true
    return [{ type: 'start', model: this.#model }]
  }

  #note(result: ResultMessage): void {
    this.#reported = {
      ...this.#reported,
      status: 'api_error_status' in result ? (result.api_error_status ?? undefined) : undefined,
      terminalReason: 'terminal_reason' in result ? result.terminal_reason : undefined,
      text: 'result' in result ? result.result : undefined,
    }
  }

  /** A call that the model had begun to answer broke off; one that it had not is told as what it met. */
  #failure(facts: UpstreamFacts): TurnFailure {
    if (!this.#isSpeaking) return upstreamFailure(facts, this.#reported)
    return new TurnFailure('stream_interrupted', `the answer broke off: ${this.#reported.text ?? 'no reason given'}`)
  }
}

const NOTHING: Usage = { inputTokens: 0, cacheReadTokens: 0, cacheWriteTokens: 0, outputTokens: 0, reasoningTokens: 0 }

/** A process with tools is for one turn: what it has counted is what the turn took. */
function usageOf({ modelUsage }: ResultMessage, reasoningTokens: number): Usage {
  const sum = { ...NOTHING, reasoningTokens }
  for (const used of Object.values(modelUsage)) {
    const [cacheRead, cacheWrite] = [tokens(used.cacheReadInputTokens) ?? 0, tokens(used.cacheCreationInputTokens) ?? 0]
    sum.inputTokens += (tokens(used.inputTokens) ?? 0) + cacheRead + cacheWrite
    sum.cacheReadTokens += cacheRead
    sum.cacheWriteTokens += cacheWrite
    sum.outputTokens += tokens(used.outputTokens) ?? 0
  }
  return sum
}

function inputOf(json: string): JsonObject {
  try {
    return inputSchema.parse(JSON.parse(json === '' ? '{}' : json))
  } catch {
    return {}
  }
}
