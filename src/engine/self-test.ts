/**
 * Proves that a process forgets: what a first turn left in it (text of every role, a limit, an effort) must not be in
 * the call that the same question makes afterwards. Rewinding is not public in the Agent SDK, so this is tried on the
 * very binary before any process is used twice. The calls go to a stand-in on loopback; no model is asked.
 */
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import { text } from 'node:stream/consumers'
import type { Conversation, Turn } from '../turn/turn.ts'
import { digestChain } from './conversation-digest.ts'
import type { Worker } from './worker.ts'
import type { Profile } from './worker-factory.ts'

const SYSTEM = 'You are tested.'
const MODEL = 'sonnet'
const MARKER = 'dragoman-self-test-marker'

export interface SelfTestOptions {
  /** Starts a worker that takes this address for the model API, with a key that is none. */
  readonly startWorker: (profile: Profile, modelUrl: string) => Promise<Worker>
  readonly signal: AbortSignal
}

/**
 * @returns undefined when the process forgot everything, else what it did not.
 * @throws when the test itself could not be made.
 */
export async function testReuse({ startWorker, signal }: SelfTestOptions): Promise<string | undefined> {
  const model = await startStandIn()
  try {
    const worker = await startWorker({ model: MODEL, system: SYSTEM }, model.url)
    try {
      await worker.ready(signal)
      await ask(worker, plainTurn(), signal)
      if (!(await worker.reset())) return 'a plain turn could not be reset'
      await ask(worker, markedTurn(), signal)
      await worker.recover()
      if (!(await worker.reset())) return 'a conversation could not be reset'
      await ask(worker, plainTurn(), signal)
    } finally {
      await worker.end()
    }
    const [before, marked, after] = model.bodies
    if (before === undefined || marked === undefined || after === undefined) return 'a turn made no call'
    if (!marked.includes(MARKER)) return 'the marker never reached the model'
    if (after.includes(MARKER)) return 'text of an earlier turn came back'
    return after === before ? undefined : 'the same question made another call than before'
  } finally {
    model.close()
  }
}

function plainTurn(): Turn {
  return turnOf([{ role: 'user', content: [{ type: 'text', text: 'Hello' }] }])
}

/** Opens as translated conversations do that began with the assistant. */
function markedTurn(): Turn {
  const roles = ['user', 'assistant', 'user'] as const
  const conversation = roles.map((role) => ({ role, content: [{ type: 'text' as const, text: `${MARKER} ${role}` }] }))
  return { ...turnOf(conversation), maxOutputTokens: 1234, effort: 'low' }
}

function turnOf(conversation: Conversation): Turn {
  return { id: 'self-test', principal: { id: 'self-test' }, model: MODEL, system: SYSTEM, conversation }
}

async function ask(worker: Worker, turn: Turn, signal: AbortSignal): Promise<void> {
  const question = { turn, chain: digestChain(turn.conversation), model: undefined }
  for await (const event of worker.run(question, signal)) if (event.type === 'finish') continue
}

interface StandIn {
  readonly url: string
  /** The bodies it was sent, in order. */
  readonly bodies: readonly string[]
  close(): void
}

async function startStandIn(): Promise<StandIn> {
  const bodies: string[] = []
  const server = createServer((request, response) => void answer(request, response, bodies))
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject)
    server.listen(0, '127.0.0.1', resolve)
  })
  return {
    url: `http://127.0.0.1:${portOf(server)}`,
    bodies,
    close: () => {
      server.closeAllConnections()
      server.close()
    },
  }
}

function portOf(server: Server): number {
  const address = server.address()
  if (address === null || typeof address === 'string') throw new Error('the stand-in has no port')
  return address.port
}

/** The shortest answer of the Messages API. */
async function answer(request: IncomingMessage, response: ServerResponse, bodies: string[]): Promise<void> {
  bodies.push(await text(request))
  const usage = { input_tokens: 1, output_tokens: 1 }
  const message = {
    id: 'msg_self_test',
    type: 'message',
    role: 'assistant',
    model: MODEL,
    content: [],
    stop_reason: null,
  }
  const events = [
    { type: 'message_start', message: { ...message, stop_sequence: null, usage } },
    { type: 'content_block_start', index: 0, content_block: { type: 'text', text: '' } },
    { type: 'content_block_delta', index: 0, delta: { type: 'text_delta', text: 'ok' } },
    { type: 'content_block_stop', index: 0 },
    { type: 'message_delta', delta: { stop_reason: 'end_turn', stop_sequence: null }, usage },
    { type: 'message_stop' },
  ]
  response.writeHead(200, { 'content-type': 'text/event-stream' })
  response.end(events.map((event) => `event: ${event.type}\ndata: ${JSON.stringify(event)}\n\n`).join(''))
}
