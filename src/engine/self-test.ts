/**
 * Proves on the very binary what no public interface promises, before any process is used twice: that a process forgets
 * (what an earlier turn left in it, text of every role, a limit, an effort, must not be in the call that the same question
 * makes afterwards), and that one which is started with a transcript calls the model as one that was told the
 * conversation. The calls go to a stand-in on loopback; no model is asked.
 */
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import { text } from 'node:stream/consumers'
import type { Conversation, ToolUse, Turn } from '../turn/turn.ts'
import { digestChain } from './conversation-digest.ts'
import { sendShortestAnswer } from './egress/shortest-answer.ts'
import { UNKNOWN_MODEL } from './turn-settings.ts'
import type { Worker } from './worker.ts'
import type { Profile, ToolMode } from './profile.ts'
import type { Earlier } from './worker-factory.ts'

const SYSTEM = 'You are tested.'
const MODEL = 'sonnet'
const MARKER = 'dragoman-self-test-marker'

export interface SelfTestOptions {
  /** Starts a worker that takes this address for the model API, with a key that is none. */
  readonly startWorker: (profile: Profile, modelUrl: string, earlier?: Earlier) => Promise<Worker>
  readonly toolMode: ToolMode
  readonly signal: AbortSignal
}

export interface SelfTestResult {
  /** What a process did not forget; absent when it forgot everything. */
  readonly kept?: string
  /** What is wrong with transcripts; absent when they work. */
  readonly resumeFault?: string
}

/** @throws when the test itself could not be made. */
export async function testReuse(options: SelfTestOptions): Promise<SelfTestResult> {
  const resumed = await testProcess(options, earlierOf(markedTurn(options.toolMode))).catch(
    (error: unknown): SelfTestResult => {
      options.signal.throwIfAborted()
      return { resumeFault: error instanceof Error ? error.message : String(error) }
    },
  )
  if (resumed.resumeFault === undefined && resumed.kept === undefined) return {}
  // Without a transcript a process may forget all the same.
  const told = await testProcess(options, undefined)
  return { ...told, resumeFault: resumed.resumeFault ?? resumed.kept ?? 'unknown' }
}

/** @param earlier the marked turn's, for a process that is started with it */
async function testProcess(
  { startWorker, toolMode, signal }: SelfTestOptions,
  earlier: Earlier | undefined,
): Promise<SelfTestResult> {
  const plain = plainTurn(toolMode)
  const marked = markedTurn(toolMode)
  const model = await startStandIn()
  try {
    const worker = await startWorker({ model: MODEL, system: SYSTEM, toolMode }, model.url, earlier)
    try {
      await worker.ready(signal)
      if (earlier !== undefined) {
        if (!worker.isContinuedBy(digestChain(marked.conversation))) return { resumeFault: 'it was not resumed' }
        await ask(worker, turnOf(toolMode, marked.conversation), signal)
        if (!(await worker.reset())) return { resumeFault: 'a resumed conversation could not be reset' }
      }
      await ask(worker, plain, signal)
      if (!(await worker.reset())) return { kept: 'a plain turn could not be reset' }
      await ask(worker, marked, signal)
      await worker.recover()
      if (!(await worker.reset())) return { kept: 'a conversation could not be reset' }
      await ask(worker, plain, signal)
    } finally {
      await worker.end()
    }
    return judge(model.bodies.toReversed(), earlier !== undefined)
  } finally {
    model.close()
  }
}

/** @param bodies the newest first */
function judge([after, marked, before, resumed]: readonly string[], isResumed: boolean): SelfTestResult {
  if (before === undefined || marked === undefined || after === undefined) return { kept: 'a turn made no call' }
  if (!marked.includes(MARKER)) return { kept: 'the marker never reached the model' }
  if (after.includes(MARKER) || before.includes(MARKER)) return { kept: 'text of an earlier turn came back' }
  if (after !== before) return { kept: 'the same question made another call than before' }
  if (isResumed && messagesOf(resumed) !== messagesOf(marked))
    return { resumeFault: 'a transcript and the messages themselves made different calls' }
  return {}
}

/** The conversation in a call: its parameters are those of the turn. */
function messagesOf(body: string | undefined): string {
  const { messages }: { messages?: { role: string }[] } = JSON.parse(body ?? '{}')
  return JSON.stringify(messages?.filter(({ role }) => role !== 'system'))
}

function plainTurn(toolMode: ToolMode): Turn {
  return turnOf(toolMode, [{ role: 'user', content: [{ type: 'text', text: 'Hello' }] }])
}

/** Opens as translated conversations do that began with the assistant; long enough for a transcript. */
function markedTurn(toolMode: ToolMode): Turn {
  const conversation = Array.from({ length: 11 }, (_, index) => ({
    role: index % 2 === 0 ? ('user' as const) : ('assistant' as const),
    content: [{ type: 'text' as const, text: `${MARKER} ${index}` }],
  }))
  const toolUse = toolMode === 'functions' ? { toolUse: offered(MARKER) } : {}
  return { ...turnOf(toolMode, conversation), ...toolUse, maxOutputTokens: 1234, effort: 'low' }
}

function earlierOf({ conversation }: Turn): Earlier {
  return { conversation: conversation.slice(0, -1), chain: digestChain(conversation).slice(0, -1) }
}

function turnOf(toolMode: ToolMode, conversation: Conversation): Turn {
  const turn = { id: 'self-test', principal: { id: 'self-test' }, model: MODEL, system: SYSTEM, conversation }
  return toolMode === 'functions' ? { ...turn, toolUse: offered('plain') } : turn
}

function offered(name: string): ToolUse {
  return { tools: [{ name, description: name, inputSchema: { type: 'object' } }], choice: 'auto', parallel: true }
}

async function ask(worker: Worker, turn: Turn, signal: AbortSignal): Promise<void> {
  const question = { turn, chain: digestChain(turn.conversation), model: UNKNOWN_MODEL }
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

async function answer(request: IncomingMessage, response: ServerResponse, bodies: string[]): Promise<void> {
  bodies.push(await text(request))
  sendShortestAnswer(response)
}
