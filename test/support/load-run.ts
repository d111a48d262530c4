/** Many requests to a started server, several at once, some of which are aborted, refused by the model or lose their process. */
import { readdirSync, readFileSync } from 'node:fs'
import { setTimeout as delay } from 'node:timers/promises'
import { openFiles } from './file-descriptors.ts'
import { type RunningDragoman, startDragoman } from './dragoman-process.ts'
import { residentMegabytes, workersOf } from './processes.ts'
import { createRandom, type Random } from './random.ts'
import { type ScriptedModel, type ScriptedModelOptions, startScriptedModel } from './scripted-model.ts'
import { cuts, fails, says, stalls } from './scripted-model-answers.ts'

export interface LoadServer {
  readonly server: RunningDragoman
  readonly model: ScriptedModel
  [Symbol.asyncDispose](): Promise<void>
}

/** The built server, as an operator runs it, with a scripted model. `imports` are modules that it loads first. */
export async function startLoadServer(
  env: Readonly<Record<string, string>> = {},
  imports: readonly string[] = [],
  { remembers = true }: Pick<ScriptedModelOptions, 'remembers'> = {},
): Promise<LoadServer> {
  const model = await startScriptedModel({ remembers })
  const server = await startDragoman(['--port', '0'], {
    imports,
    env: {
      ANTHROPIC_BASE_URL: model.url,
      ANTHROPIC_API_KEY: 'scripted',
      REUSE_WORKERS: 'true',
      LOG_LEVEL: 'error',
      DRAIN_TIMEOUT: '1000',
      ...env,
    },
  })
  await fetch(`${server.url}/v1/models`)
  return {
    server,
    model,
    [Symbol.asyncDispose]: async () => {
      await server.stop()
      await model.close()
    },
  }
}

export interface Answered {
  /** 0 when the caller left before. */
  readonly status: number
  readonly text: string
  /** Ended with `[DONE]`. */
  readonly whole: boolean
  readonly ms: number
}

/** Asks for a stream and reads it to its end, however it ends. */
export async function askForStream(
  { url }: RunningDragoman,
  question: string,
  { signal, onText }: { signal?: AbortSignal; onText?: () => void } = {},
): Promise<Answered> {
  const began = performance.now()
  let status = 0
  let raw = ''
  try {
    const response = await fetch(`${url}/v1/chat/completions`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ model: 'sonnet', stream: true, messages: [{ role: 'user', content: question }] }),
      ...(signal === undefined ? {} : { signal }),
    })
    status = response.status
    for await (const piece of (response.body ?? new ReadableStream()).pipeThrough(new TextDecoderStream())) {
      raw += piece
      if (raw.includes('"content":')) onText?.()
    }
  } catch {
    // The connection is cut: `whole` tells.
  }
  const texts = [...raw.matchAll(/"content":("(?:[^"\\]|\\.)*")/g)].map((match): string => JSON.parse(match[1] ?? '""'))
  return { status, text: texts.join(''), whole: raw.includes('data: [DONE]'), ms: performance.now() - began }
}

const KINDS = ['answer', 'answer', 'answer', 'answer', 'answer', 'abort', 'leave', 'error', 'cut', 'kill'] as const
type Kind = (typeof KINDS)[number]

export interface LoadRun {
  readonly turns: number
  readonly atOnce: number
  readonly seed: number
  /** Whether processes are killed too. */
  readonly kills: boolean
}

export interface Sample {
  readonly turns: number
  readonly megabytes: number
  readonly openFiles: number
}

export interface LoadOutcome {
  readonly outcomes: Readonly<Record<string, number>>
  /** Answers that claim to be whole and are not what the model said. */
  readonly dishonest: readonly string[]
  /** Taken at every tenth of the turns, of the server alone. */
  readonly samples: readonly Sample[]
}

export async function runLoad({ server, model }: LoadServer, run: LoadRun): Promise<LoadOutcome> {
  const random = createRandom(run.seed)
  const outcomes: Record<string, number> = {}
  const dishonest: string[] = []
  const samples: Sample[] = []
  model.otherwise((request, reply) => {
    const [, number = '', kind = ''] = [...request.rawBody.matchAll(/turn-(\d+)-(\w+)/g)].at(-1) ?? []
    return answerFor(kind, `answer ${number}`)(request, reply)
  })
  let begun = 0
  const lane = async (): Promise<void> => {
    while (begun < run.turns) {
      const number = begun
      begun += 1
      if (number % Math.ceil(run.turns / 10) === 0) samples.push(sample(server, number))
      const kind = random.pick(KINDS)
      const answer = await askSo(server, kind, `turn-${number}-${kind}`, random)
      if (answer.whole && answer.text !== `answer ${number}`) dishonest.push(`turn ${number}: ${answer.text}`)
      if (kind === 'kill' && run.kills) killOne(server, random)
      const end = `${kind}: ${answer.status} ${answer.whole ? 'whole' : 'broken'}`
      outcomes[end] = (outcomes[end] ?? 0) + 1
    }
  }
  await Promise.all(Array.from({ length: run.atOnce }, lane))
  samples.push(sample(server, run.turns))
  return { outcomes, dishonest, samples }
}

async function askSo(server: RunningDragoman, kind: Kind, question: string, random: Random): Promise<Answered> {
  const leaving = new AbortController()
  if (kind === 'abort') {
    return askForStream(server, question, { signal: leaving.signal, onText: () => leaving.abort() })
  }
  if (kind !== 'leave') return askForStream(server, question)
  // At any time: in the queue, while a process starts, before and after the first word.
  const answer = askForStream(server, question, { signal: leaving.signal })
  await delay(random.next() * 60)
  leaving.abort()
  return answer
}

function answerFor(kind: string, text: string) {
  switch (kind) {
    case 'abort':
      return stalls([text])
    case 'error':
      return fails(400)
    case 'cut':
      return cuts([text])
    default:
      return says([text])
  }
}

function killOne({ dataFolder }: RunningDragoman, random: Random): void {
  const workers = workersOf(dataFolder, 'sonnet')
  if (workers.length === 0) return
  try {
    process.kill(random.pick(workers), 'SIGKILL')
  } catch {
    // It has ended since.
  }
}

function sample({ pid }: RunningDragoman, turns: number): Sample {
  return { turns, megabytes: residentMegabytes(pid), openFiles: openFiles(pid) }
}

/** The values of a metric by its labels, or under '' without labels. */
export async function metric({ url }: RunningDragoman, name: string): Promise<Readonly<Record<string, number>>> {
  return valuesOf(await (await fetch(`${url}/metrics`)).text(), name)
}

/** @param text of /metrics, which tells some values since it was last asked */
export function valuesOf(text: string, name: string): Readonly<Record<string, number>> {
  const lines = text.matchAll(new RegExp(String.raw`^${name}(?:\{(.*)\})? (\S+)$`, 'gm'))
  return Object.fromEntries([...lines].map(([, labels = '', value]) => [labels, Number(value)]))
}

/** Children of the process that have ended and were not waited for. Linux only. */
export function zombiesOf(pid: number): string[] {
  return readdirSync('/proc').filter((name) => {
    try {
      const stat = readFileSync(`/proc/${Number(name)}/stat`, 'utf8')
      const [state, parent] = stat.slice(stat.lastIndexOf(')') + 2).split(' ')
      return state === 'Z' && Number(parent) === pid
    } catch {
      return false
    }
  })
}
