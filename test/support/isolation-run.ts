/**
 * Many turns of several principals on few processes, several at once, with everything between them that leaves something
 * behind when it is not cleaned up: aborts, kills, errors, limits, parameters, functions and their results, conversations
 * that go on or that begin with the assistant. Each turn carries marks of its own. Every body that the model is sent and every answer is held against
 * them; the run tells every mark and every setting that turned up where it does not belong.
 */
import type { TurnEvent } from '../../src/turn/turn-event.ts'
import type { Conversation, ToolUse, Turn } from '../../src/turn/turn.ts'
import { OPENING } from '../../src/translate/content/conversation.ts'
import { assistant, type TestEngine, user } from './engine.ts'
import { afterCall, createCalls, FUNCTION, offered } from './isolation-calls.ts'
import { createRandom, type Random } from './random.ts'
import type { Answer, RecordedRequest } from './scripted-model.ts'
import { cuts, fails, says, stalls, stallsBeforeHeaders } from './scripted-model-answers.ts'

export interface IsolationRun {
  readonly turns: number
  readonly principals: number
  /** Turns of one principal before the next one's. */
  readonly runLength: number
  /** Turns at a time. Where runs meet they are those of two principals. */
  readonly atOnce: number
  /** Picks what happens in which turn; the same seed picks the same. */
  readonly seed: number
}

export interface IsolationResult {
  /** What was found in a body or an answer that it was not sent for. */
  readonly leaks: readonly string[]
  readonly outcomes: Readonly<Record<string, number>>
  /** How often the model was called. */
  readonly bodies: number
  /** Distinct settings that the model was sent. */
  readonly settings: number
}

/** What happens in as many turns, in an order that is another one each time. */
const HAPPENINGS = [
  'answer',
  'answer',
  'chat',
  'chat',
  'chat',
  'greeting',
  'limit',
  'refusal',
  'error',
  'overloaded',
  'cut',
  'abort',
  'leave',
  'kill',
  'parameters',
  'parameters',
  'call',
  'results',
] as const
type Happening = (typeof HAPPENINGS)[number]

const PARAMETERS: readonly Partial<Turn>[] = [
  { maxOutputTokens: 1777 },
  { effort: 'max' },
  { thinking: 'off' },
  { maxOutputTokens: 777, effort: 'high' },
]

const MARK = /mark-p\d+-\d+-\d/g
const QUESTION = /question mark-p\d+-(\d+)-0/g
/** A chat as long as this is begun anew. */
const LONGEST_CHAT = 12

interface Plan {
  readonly number: number
  readonly principal: string
  readonly happening: Happening
  readonly conversation: Conversation
  /** The conversation that it goes on from, which others may go on from when it fails. */
  readonly earlier: Conversation
  readonly parameters: Partial<Turn>
  readonly toolUse?: ToolUse
  readonly text: string
  readonly leaving: AbortController
}

export async function runIsolation(test: TestEngine, run: IsolationRun): Promise<IsolationResult> {
  const random = createRandom(run.seed)
  const chats = createChats()
  const calls = createCalls()
  const dealt = { happening: random.deal(HAPPENINGS), parameters: random.deal(PARAMETERS) }
  const plans: Plan[] = []
  const witness = createWitness(plans)
  const outcomes: Record<string, number> = {}
  test.model.otherwise((request, reply) => {
    const plan = witness.sawBody(request)
    if (plan !== undefined) return answerFor(plan)(request, reply)
    return reply.problem({ status: 400, type: 'invalid_request_error', message: 'a question that nobody asked' })
  })

  const lane = async (): Promise<void> => {
    let owed: Happening | undefined
    while (plans.length < run.turns) {
      const picked = owed ?? dealt.happening()
      const plan = makePlan(plans.length, run, { chats, calls, picked, dealt })
      plans.push(plan)
      // Results need a call, which comes first.
      owed = picked === 'results' && plan.happening === 'call' ? 'results' : undefined
      const { text, outcome } = await ask(test, plan)
      witness.sawAnswer(plan, text)
      const ending = `${plan.happening}: ${outcome}`
      outcomes[ending] = (outcomes[ending] ?? 0) + 1
      if (plan.happening === 'chat') {
        chats.put(plan.principal, outcome === 'done' ? [...plan.conversation, assistant(text)] : plan.earlier)
      }
      if (plan.happening === 'call' && outcome === 'tool_calls') calls.put(plan)
      if (plan.happening === 'kill') killOne(test, random)
    }
  }
  await Promise.all(Array.from({ length: run.atOnce }, lane))
  return { leaks: witness.leaks, outcomes, ...witness.counts() }
}

function makePlan(number: number, run: IsolationRun, { chats, calls, picked, dealt }: Material): Plan {
  const principal = `p${Math.floor(number / run.runLength) % run.principals}`
  const called = picked === 'results' ? calls.take(principal) : undefined
  const happening = picked === 'results' && called === undefined ? 'call' : picked
  const parameters = happening === 'parameters' ? dealt.parameters() : {}
  const mark = (part: number): string => `mark-${principal}-${number}-${part}`
  const text = `answer ${mark(3)}`
  const leaving = new AbortController()
  const plan = { number, principal, happening, parameters, text, leaving }
  if (called !== undefined) {
    return { ...plan, earlier: [], ...afterCall(called, mark) }
  }
  const earlier = earlierFor(happening, mark, () => chats.take(principal))
  const conversation = [...earlier, user(`question ${mark(0)}`)]
  return { ...plan, earlier, conversation, ...(happening === 'call' ? { toolUse: offered(mark(4)) } : {}) }
}

function earlierFor(happening: Happening, mark: (part: number) => string, takeChat: () => Conversation): Conversation {
  if (happening === 'chat') return takeChat()
  if (happening === 'greeting') return [user(OPENING), assistant(mark(1))]
  return [user(mark(1)), assistant(mark(2))]
}

interface Material {
  readonly chats: Chats
  readonly calls: ReturnType<typeof createCalls>
  readonly picked: Happening
  readonly dealt: { parameters(): Partial<Turn> }
}

interface Chats {
  /** A conversation that no running turn goes on from; empty for a new one. */
  take(principal: string): Conversation
  put(principal: string, conversation: Conversation): void
}

/** Each principal has more than one, which take turns. */
function createChats(): Chats {
  const waiting = new Map<string, Conversation[]>()
  const of = (principal: string): Conversation[] => {
    const known = waiting.get(principal) ?? []
    waiting.set(principal, known)
    return known
  }
  return {
    take: (principal) => (of(principal).length < 2 ? [] : (of(principal).shift() ?? [])),
    put: (principal, conversation) => {
      if (conversation.length > 0 && conversation.length < LONGEST_CHAT) of(principal).push(conversation)
    },
  }
}

interface Witness {
  readonly leaks: readonly string[]
  /** The plan whose question the model was asked. */
  sawBody(request: RecordedRequest): Plan | undefined
  sawAnswer(plan: Plan, text: string): void
  counts(): { bodies: number; settings: number }
}

function createWitness(plans: readonly Plan[]): Witness {
  const leaks: string[] = []
  /** What the model was sent beside the conversation, by the parameters of the turn that was the first to have them. */
  const settings = new Map<Partial<Turn> | undefined, string>()
  let bodies = 0
  const checkMarks = (plan: Plan, text: string, own: ReadonlySet<string>): void => {
    for (const mark of text.match(MARK) ?? []) if (!own.has(mark)) leaks.push(`${mark} in turn ${plan.number}`)
  }
  const answerMark = (plan: Plan): readonly string[] => plan.text.match(MARK) ?? []
  return {
    leaks,
    sawBody: ({ rawBody, body }) => {
      bodies += 1
      const plan = plans[Number([...rawBody.matchAll(QUESTION)].at(-1)?.[1] ?? Number.NaN)]
      if (plan === undefined) {
        leaks.push(`a body without a question: ${rawBody.slice(0, 500)}`)
        return undefined
      }
      const sent = JSON.stringify([plan.conversation, plan.toolUse]).match(MARK) ?? []
      checkMarks(plan, rawBody, new Set(sent))
      for (const mark of sent) if (!rawBody.includes(mark)) leaks.push(`turn ${plan.number} was asked without ${mark}`)
      const key = plan.happening === 'parameters' ? plan.parameters : undefined
      const { max_tokens, output_config, thinking } = body
      const shape = JSON.stringify({ max_tokens, output_config, thinking })
      if ((settings.get(key) ?? shape) !== shape) leaks.push(`turn ${plan.number} was asked with ${shape}`)
      settings.set(key, settings.get(key) ?? shape)
      return plan
    },
    sawAnswer: (plan, text) => checkMarks(plan, text, new Set(answerMark(plan))),
    counts: () => ({ bodies, settings: new Set(settings.values()).size }),
  }
}

async function ask(test: TestEngine, plan: Plan): Promise<{ text: string; outcome: string }> {
  const turn: Partial<Turn> = {
    id: `req_${plan.number}`,
    principal: { id: plan.principal },
    model: 'sonnet',
    conversation: plan.conversation,
    system: 'You are the same for all.',
    ...plan.parameters,
    ...(plan.toolUse === undefined ? {} : { toolUse: plan.toolUse }),
  }
  const iterator = test.begin(turn, plan.leaving.signal)
  let text = ''
  let last: TurnEvent | undefined
  try {
    for (let next = await iterator.next(); next.done !== true; next = await iterator.next()) {
      last = next.value
      if (last.type === 'tool_arguments') text += last.json
      if (last.type !== 'text') continue
      text += last.text
      if (plan.happening === 'abort') plan.leaving.abort()
    }
    return { text, outcome: last?.type === 'finish' ? last.reason : 'nothing' }
  } catch (error) {
    return { text, outcome: error instanceof Error && 'kind' in error ? String(error.kind) : String(error) }
  }
}

function answerFor({ number, happening, text, leaving }: Plan): Answer {
  switch (happening) {
    case 'call':
      return says([], { calls: [{ id: `toolu_${number}`, name: FUNCTION, input: { text } }] })
    case 'limit':
      return says([text], { stopReason: 'max_tokens' })
    case 'refusal':
      return says([text], { stopReason: 'refusal' })
    case 'error':
      return fails(400, { message: text })
    case 'overloaded':
      return fails(529, { message: text })
    case 'cut':
      return cuts([text])
    case 'abort':
      return stalls([text])
    case 'leave':
      return (request, reply) => {
        leaving.abort()
        return stallsBeforeHeaders()(request, reply)
      }
    case 'answer':
    case 'chat':
    case 'greeting':
    case 'kill':
    case 'parameters':
    case 'results':
      return says([text])
  }
}

/** Any of its processes: one that waits, holds a conversation, is being emptied, or is in the middle of another turn. */
function killOne(test: TestEngine, random: Random): void {
  const workers = test.workers('sonnet')
  if (workers.length === 0) return
  try {
    process.kill(random.pick(workers), 'SIGKILL')
  } catch {
    // It has ended since.
  }
}
