/** The built-in offline model: serves `--demo`, the examples, the tests and the benchmarks. */
import { randomUUID } from 'node:crypto'
import { setTimeout as delay } from 'node:timers/promises'
import type { Answer, AnswerUsage } from './answer.ts'
import { problem } from './api-problem.ts'
import { composeAnswer } from './compose-answer.ts'
import { tokensOf } from './count-tokens.ts'
import { findDemoCommand } from './demo-commands.ts'
import { foldMessage } from './fold-message.ts'
import { lastQuestion } from './last-question.ts'
import { lengthOf, limitAnswer } from './limit-answer.ts'
import { messageEvents, type StreamEvent } from './message-events.ts'
import { type MessagesCall, startMessagesApi } from './messages-api.ts'
import { createPromptCache, type PromptCache } from './prompt-cache.ts'

export interface DemoModelOptions {
  /** 0, the default, takes any free one. */
  readonly port?: number
  /** Milliseconds before each delta; 0 answers at once. Default 15. */
  readonly delayMs?: number
  /** The same after `demo slow`. Default 250. */
  readonly slowDelayMs?: number
}

export interface DemoModel {
  /** `http://127.0.0.1:PORT`, for `ANTHROPIC_BASE_URL`. */
  readonly url: string
  /** Stops listening and cuts what is still open. */
  close(): Promise<void>
}

/** Starts it on loopback. A call whose caller leaves is not worked on any longer. */
export async function startDemoModel(options: DemoModelOptions = {}): Promise<DemoModel> {
  const { port = 0, delayMs = 15, slowDelayMs = 250 } = options
  const cache = createPromptCache()
  return startMessagesApi({ port, onCall: (call) => answer(call, cache, delayMs, slowDelayMs) })
}

async function answer(
  { checked, reply, signal }: MessagesCall,
  cache: PromptCache,
  delayMs: number,
  slowDelayMs: number,
): Promise<void> {
  if (checked.problem !== undefined) return reply.problem(checked.problem)
  const { request, kind } = checked
  const question = lastQuestion(request)
  const command = findDemoCommand(question.text)
  if (command?.type === 'error') {
    const asked = problem(command.status, `The demo model fails with status ${command.status}, as asked.`)
    return reply.problem(asked, command.status === 429 ? { 'retry-after': '1' } : {})
  }
  const composed = composeAnswer(request, kind, question, command, newId)
  const limited = limitAnswer(composed, request.max_tokens, request.stop_sequences ?? [])
  const usage = { ...cache.count(request), ...countOutput(limited.blocks) }
  const events = messageEvents(newId('msg'), { ...limited, model: request.model, usage })
  const paced = pace(events, command?.type === 'slow' ? slowDelayMs : delayMs, signal)
  if (request.stream !== true) {
    const all: StreamEvent[] = []
    for await (const event of paced) all.push(event)
    return reply.message(foldMessage(all))
  }
  reply.startStream()
  for await (const event of paced) await reply.event(event)
  reply.end()
}

async function* pace(
  events: Iterable<StreamEvent>,
  delayMs: number,
  signal: AbortSignal,
): AsyncGenerator<StreamEvent, void> {
  for (const event of events) {
    if (delayMs > 0 && event.type === 'content_block_delta') await delay(delayMs, undefined, { signal })
    yield event
  }
}

function countOutput(blocks: Answer['blocks']): Pick<AnswerUsage, 'outputTokens' | 'thinkingTokens'> {
  const characters = (counted: Answer['blocks']) => counted.reduce((total, block) => total + lengthOf(block), 0)
  return {
    outputTokens: Math.max(1, tokensOf(characters(blocks))),
    thinkingTokens: tokensOf(characters(blocks.filter(({ type }) => type === 'thinking'))),
  }
}

function newId(prefix: string): string {
  return `${prefix}_${randomUUID().replaceAll('-', '').slice(0, 24)}`
}
