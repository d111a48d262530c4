/** The real engine with the real Claude Code binary, against a scripted model, in a folder of its own. */
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { pino } from 'pino'
import { vi } from 'vitest'
import { type Config, type Environment, parseConfig, type SettingName } from '../../src/config.ts'
import { createEngine } from '../../src/engine/create-engine.ts'
import type { Engine } from '../../src/engine/engine.ts'
import type { Proofs } from '../../src/engine/reuse.ts'
import { createMetrics, type Metrics } from '../../src/metrics.ts'
import type { TurnEvent } from '../../src/turn/turn-event.ts'
import type { Message, Turn } from '../../src/turn/turn.ts'
import { takeBaseline } from './baseline.ts'
import { workersOf } from './processes.ts'
import { type ScriptedModel, startScriptedModel } from './scripted-model.ts'

export interface TestEngine {
  readonly engine: Engine
  readonly metrics: Metrics
  readonly model: ScriptedModel
  readonly config: Config
  /** What the engine logged, a JSON object a line. */
  readonly log: string[]
  /** Asks a turn and gives back all its events. */
  ask(turn?: Partial<Turn>, signal?: AbortSignal): Promise<TurnEvent[]>
  /** Begins a turn and gives back its iterator. */
  begin(turn?: Partial<Turn>, signal?: AbortSignal): AsyncIterator<TurnEvent>
  /** The pids of its live processes, or of those of a model. */
  workers(model?: string): number[]
  /** Resolves when processes may serve more than one turn. */
  proven(): Promise<void>
  /** Resolves when the engine is at rest with nothing leaked (baseline.ts) and has answered that many turns after it. */
  isWell(turns?: number): Promise<void>
  /** Closes everything. Rejects when anything is left of it: each test that uses an engine is a test for leaks. */
  [Symbol.asyncDispose](): Promise<void>
}

export const KEY = 'sk-ant-scripted-key'

/** What the engines of this process have proven so far: the binary is the same for all, and a self-test costs a second. */
const PROVEN: Proofs = new Map()

function environmentFor(model: ScriptedModel): Environment {
  return { PATH: process.env['PATH'], ANTHROPIC_API_KEY: KEY, ANTHROPIC_BASE_URL: model.url }
}

export interface TestEngineOptions {
  readonly environment?: (model: ScriptedModel) => Environment
  /** An empty one has the engine make its self-test although another has made it. */
  readonly proofs?: Proofs
  /**
   * False starts with no process there yet. By default it waits for the first one, which simpleTurn() then needs no other
   * than; so it is also with a binary of the test's own, which may never get ready.
   */
  readonly isReady?: boolean
  /** True where files use it one after the other: what they opened meanwhile is not the engine's, and no leak of it. */
  readonly isShared?: boolean
}

export async function startTestEngine(
  settings: Partial<Record<SettingName, string>> = {},
  options: TestEngineOptions = {},
): Promise<TestEngine> {
  const { environment = environmentFor, proofs = PROVEN, isShared = false } = options
  const { isReady = settings.CLAUDE_CLI_PATH === undefined } = options
  const baseline = takeBaseline()
  const folder = mkdtempSync(join(tmpdir(), 'dragoman-engine-'))
  const model = await startScriptedModel()
  const config = parseConfig(environment(model), {
    DATA_DIR: join(folder, 'data'),
    MAX_WORKERS: '3',
    SPARE_WORKERS: '0',
    // What it brings costs processes that start ahead: whoever asks more than once turns it on.
    REUSE_WORKERS: 'false',
    ...settings,
  })
  const log: string[] = []
  const metrics = createMetrics()
  const engine = await createEngine({
    config,
    currentConfig: () => config,
    observer: metrics.observer,
    proofs,
    log: pino({ level: 'info' }, { write: (line: string) => log.push(line) }),
  })
  metrics.watch(() => engine.status())
  if (isReady) await engine.models().catch(() => undefined)
  const watched = { engine, dataFolder: config.DATA_DIR }
  const begin: TestEngine['begin'] = (turn = {}, signal = new AbortController().signal) =>
    engine.run({ ...simpleTurn(), ...turn }, signal)[Symbol.asyncIterator]()
  const ask: TestEngine['ask'] = async (turn, signal) => {
    const events: TurnEvent[] = []
    const iterator = begin(turn, signal)
    for (let next = await iterator.next(); next.done !== true; next = await iterator.next()) events.push(next.value)
    return events
  }
  return {
    engine,
    metrics,
    model,
    config,
    log,
    begin,
    ask,
    workers: (name) => workersOf(folder, name),
    proven: async () => {
      await vi.waitUntil(() => engine.status().reuse === 'on', { timeout: 25_000, interval: 10 })
    },
    isWell: async (turns = 1) => {
      await baseline.atRest(watched)
      for (let turn = 0; turn < turns; turn += 1) await ask()
    },
    [Symbol.asyncDispose]: async () => {
      try {
        const before = isShared ? takeBaseline() : baseline
        await engine.close(0)
        await model.close()
        await before.afterClose(watched)
      } finally {
        rmSync(folder, { recursive: true, force: true })
      }
    },
  }
}

export function user(...texts: string[]): Message {
  return { role: 'user', content: texts.map((text) => ({ type: 'text', text })) }
}

export function assistant(...texts: string[]): Message {
  return { role: 'assistant', content: texts.map((text) => ({ type: 'text', text })) }
}

/** Of the profile of the process that an engine starts at once. */
export function simpleTurn(): Turn {
  return { id: 'req_test', principal: { id: 'tester' }, model: 'default', conversation: [user('Hello')] }
}

/** All text of an answer. */
export function textOf(events: readonly TurnEvent[]): string {
  return events.map((event) => (event.type === 'text' ? event.text : '')).join('')
}

/** The texts of a message. */
export function textsOf({ content }: Message): string[] {
  return content.flatMap((block) => (block.type === 'text' ? [block.text] : []))
}
