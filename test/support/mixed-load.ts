/**
 * What a server meets in a day, at a rate: chats, streams, functions, sessions, structured answers, several answers, callers
 * who leave, read slowly or ask nonsense; and among them, one in a hundred, a fault. The model counts what it tells.
 */
import { request } from 'node:http'
import { setTimeout as delay } from 'node:timers/promises'
import type { RunningDragoman } from './dragoman-process.ts'
import { anyUsage, count, nothing, type Told } from './ledger-run.ts'
import { workersOf } from './processes.ts'
import type { Random } from './random.ts'
import type { Answer, RecordedRequest, ScriptedModel } from './scripted-model.ts'
import { cuts, fails, says, stalls } from './scripted-model-answers.ts'

const USUAL = [
  ...Array<'answer'>(6).fill('answer'),
  ...Array<'stream'>(6).fill('stream'),
  ...Array<'session'>(3).fill('session'),
  ...Array<'call'>(2).fill('call'),
  'structured',
  'several',
  'limit',
  'abort',
  'invalid',
  'slow',
] as const
export const USUAL_KINDS: readonly Kind[] = USUAL
const FAULTS = ['second-try', 'server-error', 'rate-limit', 'cut', 'stall', 'kill', 'leave'] as const
type Kind = (typeof USUAL)[number] | (typeof FAULTS)[number]

const TEXT = 'All of it.'
const JSON_TEXT = '{"answer":"All of it."}'
const LONG = Array.from({ length: 60 }, (_, number) => `${number} ${'x'.repeat(4000)}`)
const FUNCTION = { type: 'function', function: { name: 'look', parameters: { type: 'object', properties: {} } } }
const SCHEMA = {
  type: 'object',
  properties: { answer: { type: 'string' } },
  required: ['answer'],
  additionalProperties: false,
}
/** After so many turns a session is removed and another one begun. */
const TURNS_OF_SESSION = 6

export interface MixedLoad {
  readonly told: Told
  /** How many requests were sent that the ledger has a row for, and how each kind of them ended. */
  readonly sent: () => number
  readonly faults: () => number
  readonly ends: Readonly<Record<string, number>>
  /** Milliseconds of each, by its kind. */
  readonly times: Readonly<Record<string, readonly number[]>>
  /** Ends that a request of its kind cannot have. */
  readonly wrong: readonly string[]
  /** As fast as answers come, this many at a time. @returns requests a second */
  flatOut(seconds: number, atOnce: number): Promise<number>
  /** At this rate, whatever comes back; resolves when all are answered. One in a hundred is a fault. */
  atRate(seconds: number, perSecond: number): Promise<void>
}

export interface MixedLoadOptions {
  readonly server: RunningDragoman
  readonly model: ScriptedModel
  readonly random: Random
  /** What is asked when there is no fault, each as often as it is in it. */
  readonly usual?: readonly Kind[]
}

interface Reply {
  readonly status: number
  readonly text: string
}

export function createMixedLoad({ server, model, random, usual = USUAL_KINDS }: MixedLoadOptions): MixedLoad {
  const told: Told = { whole: nothing(), broken: nothing() }
  const ends: Record<string, number> = {}
  const times: Record<string, number[]> = {}
  const wrong: string[] = []
  const failedOnce = new Set<string>()
  const sessions: { readonly name: string; turns: number }[] = []
  let sent = 0
  let faults = 0
  let numbers = 0
  let killing = Promise.resolve()
  model.otherwise((asked, reply) => answerTo(asked, { told, usage: anyUsage(random), failedOnce })(asked, reply))

  const chat = (body: object, leave?: (controller: AbortController) => (() => void) | undefined): Promise<Reply> => {
    sent += 1
    return post(server.url, { model: 'haiku', ...body }, leave)
  }
  const say = (kind: string, number: number): { readonly messages: readonly object[] } => ({
    messages: [{ role: 'user', content: `${kind} number-${number}` }],
  })
  const session = async (number: number): Promise<Reply> => {
    const held = sessions.pop() ?? { name: `soak ${number}`, turns: 0 }
    const reply = await chat({ ...say('session', number), session_id: held.name })
    held.turns += 1
    if (held.turns < TURNS_OF_SESSION) sessions.push(held)
    else await fetch(`${server.url}/v1/sessions/${encodeURIComponent(held.name)}`, { method: 'DELETE' })
    return reply
  }
  const round = async (number: number): Promise<Reply> => {
    const asked = say('call', number)
    const called = await chat({ ...asked, tools: [FUNCTION] })
    const [choice] = called.status === 200 ? (JSON.parse(called.text) as Called).choices : []
    const call = choice?.message.tool_calls?.[0]
    if (choice === undefined || call === undefined) return called
    const result = { role: 'tool', tool_call_id: call.id, content: `result number-${number}` }
    return chat({ messages: [...asked.messages, choice.message, result], tools: [FUNCTION] })
  }
  /** The only process of its model, one at a time: nobody else's answer is in it. */
  const kill = (number: number): Promise<Reply> => {
    const killed = killing.then(() =>
      chat({ ...say('kill', number), model: 'opus', stream: true }, () => () => {
        for (const pid of workersOf(server.dataFolder, 'opus')) process.kill(pid, 'SIGKILL')
      }),
    )
    killing = killed.then(() => undefined)
    return killed
  }
  const leaving = (body: object): Promise<Reply> =>
    chat({ ...body, stream: true }, (controller) => () => controller.abort())

  const ask = (kind: Kind, number: number): Promise<Reply> => {
    switch (kind) {
      case 'session':
        return session(number)
      case 'call':
        return round(number)
      case 'kill':
        return kill(number)
      case 'abort':
      case 'leave':
        return leaving(say(kind, number))
      case 'structured': {
        const format = { type: 'json_schema', json_schema: { name: 'answer', schema: SCHEMA } }
        return chat({ ...say(kind, number), response_format: format })
      }
      case 'several':
        return chat({ ...say(kind, number), n: 2 })
      case 'invalid':
        return chat({ ...say(kind, number), model: 7 })
      case 'limit':
        return chat({ ...say(kind, number), max_tokens: 3000 })
      case 'slow':
        sent += 1
        return readSlowly(server.url, { model: 'haiku', stream: true, ...say(kind, number) })
      case 'answer':
      case 'second-try':
      case 'server-error':
      case 'rate-limit':
        return chat(say(kind, number))
      case 'stream':
      case 'cut':
      case 'stall':
        return chat({ ...say(kind, number), stream: true })
    }
  }
  const follow = async (kind: Kind): Promise<void> => {
    numbers += 1
    const began = performance.now()
    const reply = await ask(kind, numbers)
    ;(times[kind] ??= []).push(performance.now() - began)
    const end = endOf(reply)
    ends[`${kind}: ${end}`] = (ends[`${kind}: ${end}`] ?? 0) + 1
    if (!EXPECTED[kind].includes(end) && wrong.length < 50) wrong.push(`${kind}: ${end}: ${reply.text.slice(-300)}`)
  }
  const any = (isFaulty: boolean): Kind => {
    if (!isFaulty || random.next() >= 0.01) return random.pick(usual)
    faults += 1
    return random.pick(FAULTS)
  }
  return {
    told,
    ends,
    times,
    wrong,
    sent: () => sent,
    faults: () => faults,
    async flatOut(seconds, atOnce) {
      const [began, before] = [performance.now(), sent]
      const lane = async (): Promise<void> => {
        while (performance.now() - began < seconds * 1000) await follow(any(false))
      }
      await Promise.all(Array.from({ length: atOnce }, lane))
      return (sent - before) / ((performance.now() - began) / 1000)
    },
    async atRate(seconds, perSecond) {
      const began = performance.now()
      const running = new Set<Promise<void>>()
      let due = 0
      while (performance.now() - began < seconds * 1000) {
        // Not evenly: requests come when they come.
        due += (-Math.log(1 - random.next()) / perSecond) * 1000
        await delay(Math.max(0, began + due - performance.now()))
        const one = follow(any(true)).finally(() => running.delete(one))
        running.add(one)
      }
      await Promise.all(running)
    },
  }
}

interface Called {
  readonly choices: readonly { readonly message: { readonly tool_calls?: readonly { readonly id: string }[] } }[]
}

const EXPECTED: Readonly<Record<Kind, readonly string[]>> = {
  answer: ['whole'],
  stream: ['whole'],
  session: ['whole'],
  call: ['whole'],
  structured: ['whole'],
  several: ['whole'],
  limit: ['whole'],
  abort: ['left'],
  invalid: ['400'],
  slow: ['whole'],
  'second-try': ['whole'],
  'server-error': ['502'],
  'rate-limit': ['429'],
  cut: ['broken'],
  stall: ['broken'],
  kill: ['broken'],
  leave: ['left'],
}

/** In a word; `broken` is a stream with an error in place of an end. */
function endOf({ status, text }: Reply): string {
  if (status !== 200) return status === 0 ? 'left' : String(status)
  if (!text.startsWith('data: ')) return text.includes('"finish_reason":') && isTrue(text) ? 'whole' : 'untrue'
  if (text.endsWith('data: [DONE]\n\n')) return isTrue(text) ? 'whole' : 'untrue'
  return text.includes('data: {"error":') ? 'broken' : 'cut off'
}

/** It is what the model said. */
function isTrue(text: string): boolean {
  const deltas = [...text.matchAll(/"content":("(?:[^"\\]|\\.)*")/g)].map(([, json = '""']): string => JSON.parse(json))
  const said = deltas.join('')
  return [TEXT, TEXT + TEXT, JSON_TEXT, LONG.join('')].includes(said)
}

/** @param onLeave what to do once the answer has begun */
async function post(
  url: string,
  body: object,
  onLeave?: (controller: AbortController) => (() => void) | undefined,
): Promise<Reply> {
  const controller = new AbortController()
  const begun = onLeave?.(controller)
  let text = ''
  try {
    const response = await fetch(`${url}/v1/chat/completions`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify(body),
      signal: controller.signal,
    })
    let hasBegun = false
    for await (const piece of (response.body ?? new ReadableStream()).pipeThrough(new TextDecoderStream())) {
      text += piece
      if (!hasBegun && /"content":"[^"]/.test(text)) {
        hasBegun = true
        begun?.()
      }
    }
    return { status: response.status, text }
  } catch (error) {
    return controller.signal.aborted ? { status: 0, text } : { status: -1, text: `${text} ${String(error)}` }
  }
}

/** Some kilobytes, a pause, and so on: the server has to wait, and keep nothing for it. */
function readSlowly(url: string, body: object): Promise<Reply> {
  return new Promise((resolve) => {
    const outgoing = request(`${url}/v1/chat/completions`, {
      method: 'POST',
      agent: false,
      headers: { 'content-type': 'application/json' },
    })
    outgoing.on('error', (error) => resolve({ status: -1, text: String(error) }))
    outgoing.on('response', (response) => {
      let text = ''
      response.setEncoding('utf8')
      const read = async (): Promise<void> => {
        for await (const piece of response) {
          text += String(piece)
          await delay(20)
        }
      }
      void read().then(
        () => resolve({ status: response.statusCode ?? -1, text }),
        (error: unknown) => resolve({ status: -1, text: String(error) }),
      )
    })
    outgoing.end(JSON.stringify(body))
  })
}

interface Answering {
  readonly told: Told
  readonly usage: ReturnType<typeof anyUsage>
  readonly failedOnce: Set<string>
}

function answerTo(asked: RecordedRequest, { told, usage, failedOnce }: Answering): Answer {
  // Claude Code may say something after the question.
  const questions = [...JSON.stringify(asked.body['messages']).matchAll(/([a-z-]+) (number-\d+)/g)]
  const [, kind = 'answer', number = ''] = questions.at(-1) ?? []
  const whole = (answer: Answer): Answer => {
    count(told.whole, usage)
    return answer
  }
  const broken = (answer: Answer): Answer => {
    count(told.broken, usage)
    return answer
  }
  switch (kind) {
    case 'call':
      return whole(says('', { usage, calls: [{ id: `toolu_${asked.number}`, name: 'look', input: {} }] }))
    case 'structured':
      return whole(says([JSON_TEXT], { usage }))
    case 'limit':
      return whole(says(TEXT, { usage, stopReason: 'max_tokens' }))
    case 'slow':
      return whole(says(LONG, { usage }))
    case 'server-error':
      return fails(500)
    case 'rate-limit':
      return fails(429)
    case 'second-try':
      if (failedOnce.delete(number)) return whole(says(TEXT, { usage }))
      failedOnce.add(number)
      return fails(500)
    case 'cut':
      return broken(cuts('Half of', { usage }))
    case 'stall':
    case 'kill':
    case 'abort':
    case 'leave':
      return broken(stalls('Half of', { usage }))
    default:
      return whole(says(TEXT, { usage }))
  }
}
