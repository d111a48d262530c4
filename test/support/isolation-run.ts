/**
 * Many turns of several principals on few processes, with everything between them that leaves something behind when it
 * is not cleaned up: aborts, kills, errors, limits, parameters, conversations that go on. Each turn carries marks of its
 * own; the run tells every mark that turned up where it does not belong.
 */
import type { Turn } from '../../src/turn/turn.ts'
import { assistant, type TestEngine, textOf, user } from './engine.ts'
import type { Answer } from './scripted-model.ts'
import { cuts, fails, says, stalls } from './scripted-model-answers.ts'

export interface IsolationRun {
  readonly turns: number
  readonly principals: number
  /** Turns of one principal before the next one's. */
  readonly runLength: number
  /** Picks what happens; the same seed makes the same run. */
  readonly seed: number
}

export interface IsolationResult {
  /** Marks found in a body or an answer that they were not sent for. */
  readonly leaks: string[]
  readonly outcomes: Readonly<Record<string, number>>
}

type Happening = 'answer' | 'chat' | 'limit' | 'refusal' | 'error' | 'cut' | 'abort' | 'kill' | 'parameters'
const HAPPENINGS: readonly Happening[] = [
  'answer',
  'answer',
  'answer',
  'chat',
  'chat',
  'limit',
  'refusal',
  'error',
  'cut',
  'abort',
  'kill',
  'parameters',
]

const MARK = /mark-[a-z0-9]+-\d+-\d+/g

export async function runIsolation(test: TestEngine, run: IsolationRun): Promise<IsolationResult> {
  const random = generator(run.seed)
  const leaks: string[] = []
  const outcomes: Record<string, number> = {}
  /** The conversation of each principal that its chat turns go on with. */
  const chats = new Map<string, Turn['conversation']>()

  for (let number = 0; number < run.turns; number += 1) {
    const principal = `p${Math.floor(number / run.runLength) % run.principals}`
    const happening = HAPPENINGS[Math.floor(random() * HAPPENINGS.length)] ?? 'answer'
    const mark = (part: number): string => `mark-${principal}-${number}-${part}`
    const question = user(`question ${mark(0)}`)
    const earlier = happening === 'chat' ? (chats.get(principal) ?? []) : [user(mark(1)), assistant(mark(2))]
    const conversation = [...earlier, question]
    const own = new Set([mark(3), ...(JSON.stringify(conversation).match(MARK) ?? [])])
    const before = test.model.requests.length
    test.model.otherwise(answerFor(happening, `answer ${mark(3)}`))

    const { text, outcome } = await ask(test, happening, {
      principal: { id: principal },
      conversation,
      system: 'You are the same for all.',
      ...(happening === 'parameters' ? { maxOutputTokens: 777, effort: 'max' as const } : {}),
    })
    outcomes[`${happening}: ${outcome}`] = (outcomes[`${happening}: ${outcome}`] ?? 0) + 1
    if (happening === 'chat' && outcome === 'done') chats.set(principal, [...conversation, assistant(text)])
    if (happening === 'kill') for (const pid of test.workers('sonnet').slice(0, 1)) process.kill(pid, 'SIGKILL')

    const bodies = test.model.requests.slice(before).map((request) => request.rawBody)
    for (const found of [...bodies, text].join('\n').match(MARK) ?? []) if (!own.has(found)) leaks.push(found)
    for (const body of bodies) {
      if (happening !== 'parameters' && body.includes('"max_tokens":777')) leaks.push('max_tokens')
      if (!body.includes(mark(0))) leaks.push(`turn ${number} was asked without its question`)
    }
  }
  return { leaks, outcomes }
}

async function ask(
  test: TestEngine,
  happening: Happening,
  turn: Partial<Turn>,
): Promise<{ text: string; outcome: string }> {
  const leaving = new AbortController()
  try {
    if (happening !== 'abort') return { text: textOf(await test.ask(turn, leaving.signal)), outcome: 'done' }
    const iterator = test.begin(turn, leaving.signal)
    await iterator.next()
    leaving.abort()
    while ((await iterator.next()).done !== true);
    return { text: '', outcome: 'not aborted' }
  } catch (error) {
    return { text: '', outcome: error instanceof Error && 'kind' in error ? String(error.kind) : String(error) }
  }
}

function answerFor(happening: Happening, text: string): Answer {
  switch (happening) {
    case 'limit':
      return says([text], { stopReason: 'max_tokens' })
    case 'refusal':
      return says([text], { stopReason: 'refusal' })
    case 'error':
      return fails(400, { message: text })
    case 'cut':
      return cuts([text])
    case 'abort':
      return stalls([text])
    case 'answer':
    case 'chat':
    case 'kill':
    case 'parameters':
      return says([text])
  }
}

/** A small reproducible generator of numbers from 0 to 1 (mulberry32). */
function generator(seed: number): () => number {
  let state = seed
  return () => {
    state = (state + 0x6d2b79f5) | 0
    let value = Math.imul(state ^ (state >>> 15), 1 | state)
    value = (value + Math.imul(value ^ (value >>> 7), 61 | value)) ^ value
    return ((value ^ (value >>> 14)) >>> 0) / 4_294_967_296
  }
}
