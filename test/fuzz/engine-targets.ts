/** What comes from below: lines of a process, events of the model API, answers of MCP servers. */
import { createServer, type Server } from 'node:http'
import { once } from 'node:events'
import { AnswerReader } from '../../src/engine/answer-reader.ts'
import { CallCount } from '../../src/engine/call-count.ts'
import { CallWatch } from '../../src/engine/call-watch.ts'
import type { SDKMessage } from '../../src/engine/claude-code.ts'
import { createStreamTap } from '../../src/engine/egress/stream-tap.ts'
import { readError, readRetryAfter } from '../../src/engine/egress/upstream-answer.ts'
import { Inbox } from '../../src/engine/inbox.ts'
import type { AnsweredCalls } from '../../src/engine/reasoning-reader.ts'
import { StdoutGuard } from '../../src/engine/stdout-guard.ts'
import { type Reader, streamAnswer } from '../../src/engine/stream-answer.ts'
import { textOfResult } from '../../src/engine/own-tools/text-of-result.ts'
import { ToolReader } from '../../src/engine/own-tools/tool-reader.ts'
import { ToolSteps } from '../../src/engine/own-tools/tool-steps.ts'
import { createProbe } from '../../src/mcp/probe.ts'
import { TurnFailure } from '../../src/turn/turn-failure.ts'
import type { TurnEvent, Usage } from '../../src/turn/turn-event.ts'
import type { Target } from './fuzzer.ts'

/** The messages of a process, one in a line, as they are read in a turn. */
export const processLines: Target = {
  name: 'process-lines',
  async run(input) {
    const lines = await guarded(input)
    const messages = lines
      .flatMap((line) => parsed(line))
      .filter((message) => typeof message === 'object' && message !== null) as SDKMessage[]
    const plain = new AnswerReader({ offered: ['look'], stopSequences: ['\n\n', 'END'] })
    const kinds = [await readWith(plain, messages), await readWith(toolReader(), messages)]
    return kinds.join(' ')
  },
}

/** What stands on a process's stdout, if it comes through. */
async function guarded(input: Buffer): Promise<string[]> {
  let isViolated = false
  const guard = new StdoutGuard(
    { maxLineBytes: 100_000, maxGarbageLines: 100, burstBytes: Infinity, bytesPerSecond: 1 },
    () => (isViolated = true),
  )
  const pieces: Buffer[] = []
  guard.on('data', (piece: Buffer) => pieces.push(piece))
  const half = Math.floor(input.length / 2)
  guard.write(input.subarray(0, half))
  guard.end(input.subarray(half))
  await once(guard, 'end')
  const through = Buffer.concat(pieces)
  if (!isViolated && !through.equals(input)) throw new Error('the guard changed what came through')
  return through.toString('utf8').split('\n')
}

function parsed(line: string): unknown[] {
  try {
    return [JSON.parse(line)]
  } catch {
    return []
  }
}

function toolReader(): ToolReader {
  return new ToolReader({
    functions: new Set(['look']),
    stopSequences: [],
    steps: new ToolSteps(),
    toolTimeoutMs: 1000,
  })
}

/** As the worker does it: the watch hears each message first, and one that it cannot bear ends the process. */
async function readWith(reader: Reader, messages: readonly SDKMessage[]): Promise<string> {
  const inbox = new Inbox<SDKMessage>({ hold: () => undefined, resume: () => undefined })
  const watch = new CallWatch()
  const count = new CallCount()
  watch.begin(undefined)
  try {
    for (const message of messages) {
      watch.hear(message)
      inbox.put(message)
    }
  } catch {
    // The process is given up.
  }
  inbox.end(new TurnFailure('worker_died', 'that was all'))
  let end = 'no end'
  try {
    for await (const event of streamAnswer({
      inbox,
      reader,
      deadlines: { firstEventMs: 1000, idleMs: 1000 },
      facts: { calls: 1, count },
      signal: new AbortController().signal,
      onAnswer: (answer: AnsweredCalls) => void answer,
      onResult: () => watch.costUsd,
      interrupt: () => Promise.resolve(),
    })) {
      checkEvent(event)
      if (event.type === 'finish') end = event.reason
    }
  } catch (error) {
    if (!(error instanceof TurnFailure)) throw error
    end = error.kind
  }
  watch.end(({ calls }) => calls.forEach(({ usage }) => checkUsage(usage)))
  return end
}

function checkEvent(event: TurnEvent): void {
  const texts: unknown[] =
    event.type === 'text' || event.type === 'reasoning'
      ? [event.text]
      : event.type === 'tool_arguments'
        ? [event.json]
        : event.type === 'tool_call'
          ? [event.id, event.name]
          : event.type === 'start'
            ? [event.model]
            : []
  for (const text of texts) if (typeof text !== 'string') throw new Error(`no text in ${JSON.stringify(event)}`)
  if (event.type === 'finish') checkUsage(event.usage)
}

function checkUsage({ costUsd, ...counts }: Usage): void {
  for (const [name, count] of Object.entries(counts)) {
    if (!Number.isSafeInteger(count) || count < 0) throw new Error(`${name} is no count: ${String(count)}`)
  }
  if (costUsd !== undefined && !(Number.isFinite(costUsd) && costUsd >= 0)) throw new Error(`a cost of ${costUsd}`)
}

/** The body of the model API's answer, as it passes the egress, in pieces. */
export const upstreamEvents: Target = {
  name: 'upstream-events',
  run(input) {
    const count = new CallCount()
    let errors = 0
    const tap = createStreamTap(count, () => (errors += 1))
    const size = 1 + (input.length % 97)
    for (let at = 0; at < input.length; at += size) tap.hear(input.subarray(at, at + size))
    const { usage } = count.taken
    checkUsage(usage)
    const { type, message } = readError(input.toString('utf8'))
    if (typeof type !== 'string' || typeof message !== 'string') throw new Error('an error without words')
    const wait = readRetryAfter({ 'retry-after': input.toString('latin1').slice(0, 40) })
    if (wait !== undefined && !(wait >= 0 && wait < 1e7)) throw new Error(`a wait of ${wait}`)
    return `${count.hasBegun} ${count.stopReason?.slice(0, 12)} ${errors > 0} ${type.slice(0, 12)} ${wait === undefined}`
  },
}

/** What a server answers to the first thing that it is asked, and to all that follows. */
export function createMcpTarget(): Target {
  let answer: Buffer = Buffer.alloc(0)
  let server: Server | undefined
  const probe = createProbe({ environment: {}, deadlineMs: 100 })
  const start = async (): Promise<Server> => {
    const started = createServer((request, response) => {
      request.resume()
      const type = answer.includes('data:') ? 'text/event-stream' : 'application/json'
      response.writeHead(200, { 'content-type': type }).end(answer)
    })
    started.listen(0, '127.0.0.1')
    await once(started, 'listening')
    return started
  }
  return {
    name: 'mcp-answers',
    async run(input) {
      server ??= await start()
      answer = input
      const address = server.address()
      const port = typeof address === 'object' && address !== null ? address.port : 0
      const transport = { type: 'http', url: `http://127.0.0.1:${port}/mcp`, headers: {} } as const
      const found = await probe({ name: 'any', transport }, new AbortController().signal)
      const shown = textOfResult(parsed(input.toString('utf8'))[0])
      if (shown.length > 5000) throw new Error('too much of a result is shown')
      return 'reason' in found ? found.reason : 'tools'
    },
    async close() {
      server?.closeAllConnections()
      await new Promise((resolve) => (server === undefined ? resolve(undefined) : server.close(resolve)))
    },
  }
}
