/**
 * The fault loop: the same requests again and again, each time with the next message of the process or the next byte of
 * the model API failing, until they pass untouched. Each time the end has to be honest, and nothing may be left behind.
 */
import { messageEvents } from '../../src/demo/message-events.ts'
import { type FaultyServer, newProfile } from './faulty-server.ts'
import { dishonesty, type Outcome, readOutcome } from './outcome.ts'
import type { Answer } from './scripted-model.ts'
import type { Deed } from './scripted-child.ts'
import { says } from './scripted-model-answers.ts'
import type { TestServer } from './server.ts'

const WORDS = ['One', ' two', ' three.']
const WHOLE = WORDS.join('')
const LONG_BEYOND_ANY_FLOW = 60

type Complete = (body: Record<string, unknown>) => Promise<Outcome>

/** Each is a way of asking; what it gives back are the ends of its requests. */
export const FLOWS = {
  /** Has parameters, which are set before and taken back after. */
  plain: async (complete: Complete) => [await complete({ max_completion_tokens: 500 })],
  streaming: async (complete: Complete) => [await complete({ stream: true })],
  /** Loads a history into a process that is new, then goes on with it. */
  'multi-turn': async (complete: Complete) => {
    const { messages } = newProfile()
    const earlier = [...messages, { role: 'assistant', content: 'Yes?' }, { role: 'user', content: 'Count.' }]
    const first = await complete({ messages: earlier })
    const later = [...earlier, { role: 'assistant', content: WHOLE }, { role: 'user', content: 'Go on.' }]
    return [first, await complete({ messages: later, stream: true })]
  },
} as const

export interface LoopResult {
  /** How often something failed. */
  readonly faults: number
  /** Every end that was not what it seemed, with the place of its fault. */
  readonly lies: readonly string[]
}

/** Fails the flow's first message, its second, and so on. */
export async function failEachMessage(test: FaultyServer, flow: keyof typeof FLOWS, deed: Deed): Promise<LoopResult> {
  const lies: string[] = []
  test.model.otherwise(says(WORDS))
  for (let at = 1; at <= LONG_BEYOND_ANY_FLOW; at += 1) {
    test.child.plan({ at, deed })
    const outcomes = await FLOWS[flow](test.complete)
    for (const outcome of outcomes) {
      const lie = dishonesty(outcome, WHOLE)
      if (lie !== undefined) lies.push(`message ${at}: ${lie}`)
    }
    const untouched = test.child.culprits.length === 0
    test.child.plan()
    await test.isWell()
    if (!untouched) continue
    if (outcomes.some(({ code }) => code !== null)) lies.push(`a failure without a fault: ${JSON.stringify(outcomes)}`)
    return { faults: at - 1, lies }
  }
  throw new Error('the flow never passed untouched')
}

/** How the end of a body is told: by its last chunk, or only by the end of the connection. */
export type Framing = 'chunked' | 'until-close'

/** Cuts the model API's answer after each `step`-th byte. */
export async function cutAtBytes(test: TestServer, framing: Framing, step: number): Promise<LoopResult> {
  const bytes = wholeAnswer(framing)
  const lies: string[] = []
  let faults = 0
  for (let at = 0; at < bytes.length; at += step) {
    test.model.otherwise(endsAfter(bytes.subarray(0, at)))
    const outcome = await readOutcome(await test.chat({ stream: faults % 2 === 0 }))
    const lie = dishonesty(outcome, WHOLE)
    if (lie !== undefined) lies.push(`byte ${at} of ${bytes.length}: ${lie}`)
    faults += 1
  }
  test.model.otherwise(endsAfter(bytes))
  const untouched = await readOutcome(await test.chat({ stream: true }))
  if (untouched.code !== null || untouched.text !== WHOLE) lies.push('the whole answer did not pass')
  await test.isWell()
  return { faults, lies }
}

function endsAfter(bytes: Buffer): Answer {
  return (_request, { response }) => void response.socket?.end(bytes)
}

function wholeAnswer(framing: Framing): Buffer {
  const events = messageEvents('msg_cut', {
    model: 'claude-sonnet-5-5',
    blocks: [{ type: 'text', pieces: WORDS }],
    stopReason: 'end_turn',
    stopSequence: null,
    usage: { inputTokens: 10, cacheReadTokens: 0, cacheWriteTokens: 0, outputTokens: 3, thinkingTokens: 0 },
  })
  const pieces = [...events].map((event) => `event: ${event.type}\ndata: ${JSON.stringify(event)}\n\n`)
  const head = 'HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\n'
  if (framing === 'until-close') return Buffer.from(`${head}connection: close\r\n\r\n${pieces.join('')}`)
  const chunks = [...pieces, ''].map((piece) => `${Buffer.byteLength(piece).toString(16)}\r\n${piece}\r\n`)
  return Buffer.from(`${head}transfer-encoding: chunked\r\n\r\n${chunks.join('')}`)
}
