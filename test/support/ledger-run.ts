/**
 * Requests of every kind through a whole server with the real binary, of which the scripted model counts what it tells:
 * streamed and not, several answers, calls, limits, refusals, errors before and in mid-answer, second tries, callers that leave.
 */
import type { AnswerUsage } from '../../src/demo/answer.ts'
import type { Random } from './random.ts'
import type { Answer, RecordedRequest } from './scripted-model.ts'
import { cuts, fails, says, stalls } from './scripted-model-answers.ts'
import type { TestServer } from './server.ts'

export const KINDS = [
  'answer',
  'answer',
  'stream',
  'stream',
  'several',
  'call',
  'limit',
  'refusal',
  'invalid',
  'error',
  'second-try',
  'rate-limit',
  'cut',
  'leave',
] as const
export type Kind = (typeof KINDS)[number]

/** What the model has told, of answers that were told as a whole and of those that broke off. */
export interface Told {
  readonly whole: Sum
  readonly broken: Sum
}

export interface Sum {
  calls: number
  inputTokens: number
  cacheReadTokens: number
  cacheWriteTokens: number
  outputTokens: number
}

export interface LedgerRunOptions {
  readonly requests: number
  readonly atOnce: number
  readonly random: Random
  /** Sent in turn. */
  readonly keys: readonly string[]
}

/** @returns what the model has told, and how many requests of each kind there were */
export async function runLedger(
  server: TestServer,
  { requests, atOnce, random, keys }: LedgerRunOptions,
): Promise<{ readonly told: Told; readonly kinds: Readonly<Record<string, number>> }> {
  const told: Told = { whole: nothing(), broken: nothing() }
  const kinds: Record<string, number> = {}
  const failedOnce = new Set<string>()
  server.model.otherwise((request, reply) => {
    const usage = anyUsage(random)
    return answerTo(request, { told, usage, failedOnce })(request, reply)
  })
  let next = 0
  const worker = async (): Promise<void> => {
    while (next < requests) {
      const number = next
      next += 1
      const kind = KINDS[(number * 5) % KINDS.length] ?? 'answer'
      kinds[kind] = (kinds[kind] ?? 0) + 1
      await ask(server, kind, number, keys[number % keys.length] ?? '')
    }
  }
  await Promise.all(Array.from({ length: atOnce }, worker))
  return { told, kinds }
}

const FUNCTION = { type: 'function', function: { name: 'look', parameters: { type: 'object', properties: {} } } }

async function ask({ url }: TestServer, kind: Kind, number: number, key: string): Promise<void> {
  const leaving = new AbortController()
  const body = {
    model: kind === 'invalid' ? 7 : 'haiku',
    messages: [{ role: 'user', content: `${kind} number-${number}` }],
    stream: ['stream', 'cut', 'leave'].includes(kind),
    ...(kind === 'several' && { n: 3 }),
    ...(kind === 'call' && { tools: [FUNCTION] }),
    ...(kind === 'limit' && { max_tokens: 3000 }),
  }
  const response = await fetch(`${url}/v1/chat/completions`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', authorization: `Bearer ${key}` },
    body: JSON.stringify(body),
    signal: leaving.signal,
  })
  if (kind !== 'leave') return void (await response.text())
  try {
    // The first delta: the model has told what it read.
    for await (const _ of response.body ?? []) leaving.abort()
  } catch {
    // It left.
  }
}

interface Answering {
  readonly told: Told
  readonly usage: AnswerUsage
  readonly failedOnce: Set<string>
}

function answerTo(request: RecordedRequest, { told, usage, failedOnce }: Answering): Answer {
  // Claude Code may say something after the question.
  const questions = [...JSON.stringify(request.body['messages']).matchAll(/([a-z-]+) (number-\d+)/g)]
  const [, kind = 'answer', number = ''] = questions.at(-1) ?? []
  const whole = (): void => count(told.whole, usage)
  const broken = (): void => count(told.broken, usage)
  switch (kind) {
    case 'call':
      whole()
      return says('', { usage, calls: [{ id: `toolu_${request.number}`, name: 'look', input: {} }] })
    case 'limit':
      whole()
      return says('As long as', { usage, stopReason: 'max_tokens' })
    case 'refusal':
      whole()
      return says('I would', { usage, stopReason: 'refusal' })
    case 'error':
      return fails(400)
    case 'rate-limit':
      return fails(429)
    case 'second-try':
      if (!failedOnce.has(number)) {
        failedOnce.add(number)
        return fails(500)
      }
      whole()
      return says('At last.', { usage })
    case 'cut':
      broken()
      return cuts('Half of', { usage })
    case 'leave':
      broken()
      return stalls('Half of', { usage })
    default:
      whole()
      return says('All of it.', { usage })
  }
}

export function anyUsage(random: Random): AnswerUsage {
  const up = (most: number): number => 1 + Math.floor(random.next() * most)
  const maybe = (tokens: number): number => (random.next() < 0.5 ? tokens : 0)
  return {
    inputTokens: up(5000),
    cacheReadTokens: maybe(up(3000)),
    cacheWriteTokens: maybe(up(2000)),
    outputTokens: up(900),
    thinkingTokens: 0,
  }
}

export const nothing = (): Sum => ({
  calls: 0,
  inputTokens: 0,
  cacheReadTokens: 0,
  cacheWriteTokens: 0,
  outputTokens: 0,
})

export function count(sum: Sum, usage: AnswerUsage): void {
  sum.calls += 1
  sum.inputTokens += usage.inputTokens + usage.cacheReadTokens + usage.cacheWriteTokens
  sum.cacheReadTokens += usage.cacheReadTokens
  sum.cacheWriteTokens += usage.cacheWriteTokens
  sum.outputTokens += usage.outputTokens
}
