/** One try of a turn with tools, on a process of its own that ends with it. */
import type { Logger } from 'pino'
import type { Spending } from '../../turn/spending.ts'
import type { TurnEvent } from '../../turn/turn-event.ts'
import type { OwnTools } from '../../turn/own-tools.ts'
import type { Turn } from '../../turn/turn.ts'
import type { Running } from '../attempt-turn.ts'
import type { CallCount, TakenCall } from '../call-count.ts'
import type { Taken } from '../call-watch.ts'
import { digestChain } from '../conversation-digest.ts'
import { type CallRules, createCallInspector } from '../egress/inspect-call.ts'
import type { Health } from '../health.ts'
import type { ModelCapabilities } from '../model-capabilities.ts'
import type { EngineObserver } from '../observer.ts'
import type { Pool } from '../pool.ts'
import type { Spend } from '../spend.ts'
import { ownStopSequences } from '../turn-settings.ts'
import type { Worker } from '../worker.ts'
import { type DiskWatch, type DiskWatchOptions, watchDisk } from './disk-watch.ts'
import type { StartWithTools } from './start-with-tools.ts'
import { ToolReader } from './tool-reader.ts'
import { ToolSteps } from './tool-steps.ts'

export interface ToolAttemptParts {
  readonly start: StartWithTools
  readonly pool: Pick<Pool, 'lend'>
  readonly health: Health
  readonly capabilities: ModelCapabilities
  readonly spend: Spend
  readonly toolTimeoutMs: number
  readonly disk: DiskWatchOptions
  readonly observer: EngineObserver
  readonly log: Logger
}

export type TurnWithTools = Turn & { readonly ownTools: OwnTools }

/** Calls that tools may make of models for each of the turn's own. */
const CALLS_OF_TOOLS = 2

export type AttemptWithTools = (turn: TurnWithTools, signal: AbortSignal, running: Running) => AsyncGenerator<TurnEvent>

export function createAttemptWithTools(parts: ToolAttemptParts): AttemptWithTools {
  const { start, pool, health, capabilities, spend, toolTimeoutMs, disk, observer, log } = parts
  return async function* attempt(turn, signal, { slot, meter }) {
    const steps = new ToolSteps()
    const chain = digestChain(turn.conversation)
    const freePlace = await pool.lend()
    let worker: Worker | undefined
    let watch: DiskWatch | undefined
    try {
      watch = writes(turn) ? await watchDisk([turn.ownTools.workspace], disk) : undefined
      const until = AbortSignal.any([signal, ...(watch === undefined ? [] : [watch.signal])])
      worker = await start({ turn, chain, steps })
      log.debug({ requestId: turn.id, worker: worker.id }, 'the turn has a process with tools')
      health.sawReady(await worker.ready(until))
      health.sawTurn()
      observer.leased('new')
      const reader = new ToolReader({
        functions: new Set(turn.toolUse?.tools.map(({ name }) => name)),
        stopSequences: ownStopSequences(turn),
        steps,
        toolTimeoutMs,
      })
      const gate = {
        mostCalls: (turn.ownTools.maxTurns + 1) * (1 + CALLS_OF_TOOLS),
        isToolAtWork: () => steps.isAnyAtWork,
        mayGoOn: createMayGoOn((counts) => spend({ calls: takenOf(counts), costUsd: 0 }, turn), meter),
        ...(turn.ownTools.allowed.includes('Bash') ? { inspect: createCallInspector(rulesFor(turn, health)) } : {}),
        onOdd: (why: string) =>
          log.warn({ requestId: turn.id, why }, 'a command asked the model API for something else'),
      }
      const model = {
        efforts: health.modelNamed(turn.model)?.efforts ?? [],
        capabilities: capabilities.of(turn.model),
      }
      const onTaken = (taken: Taken): void => {
        for (const spending of spend(taken, turn)) meter?.took(spending)
      }
      for await (const event of worker.run({ turn, chain, model, steps: { reader, gate }, onTaken }, until)) {
        yield event.type === 'start' ? { ...event, lease: 'new' } : event
      }
      health.sawAnswer()
    } catch (error) {
      watch?.signal.throwIfAborted()
      throw error
    } finally {
      watch?.close()
      slot.free = end(worker, observer)
        .finally(() => steps.close())
        .finally(freePlace)
      // What tools have left running ends with the turn.
      await slot.free
    }
  }
}

async function end(worker: Worker | undefined, observer: EngineObserver): Promise<void> {
  if (worker === undefined) return
  observer.ended(worker.child.ranOutOfMemory ? 'out_of_memory' : 'single_use')
  await worker.end()
}

const writes = ({ ownTools }: TurnWithTools): boolean =>
  ownTools.allowed.some((tool) => tool === 'Write' || tool === 'Edit' || tool === 'Bash')

/** Tools that look at the web ask a small model, or have the model API search. */
function rulesFor({ ownTools: { allowed } }: TurnWithTools, health: Health): CallRules {
  const maySearch = allowed.includes('WebSearch')
  const small = health.modelNamed('haiku')?.id
  const isSmallAsked = (maySearch || allowed.includes('WebFetch')) && small !== undefined
  return { maySearch, otherModels: isSmallAsked ? [small] : [] }
}

const takenOf = (counts: readonly CallCount[]): TakenCall[] =>
  counts.filter(({ isPaid }) => isPaid).map(({ taken }) => taken)

/** Each call is told once. */
function createMayGoOn(
  spend: (counts: readonly CallCount[]) => Spending[],
  meter: Running['meter'],
): ((counts: readonly CallCount[]) => Promise<boolean>) | undefined {
  const mayGoOn = meter?.mayGoOn
  if (mayGoOn === undefined) return undefined
  let told = 0
  return (counts) => {
    const fresh = counts.slice(told)
    told = counts.length
    return mayGoOn(spend(fresh))
  }
}
