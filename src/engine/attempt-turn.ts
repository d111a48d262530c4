/** One try of a turn on one process. */
import type { Logger } from 'pino'
import type { Meter } from '../turn/spending.ts'
import type { Thoughts } from '../turn/thoughts.ts'
import type { LeaseKind, TurnEvent } from '../turn/turn-event.ts'
import type { Turn } from '../turn/turn.ts'
import { lastAltered } from './altered-images.ts'
import type { Taken } from './call-watch.ts'
import { digestChain } from './conversation-digest.ts'
import type { Health } from './health.ts'
import type { KeptReasoning } from './kept-reasoning.ts'
import type { ModelCapabilities } from './model-capabilities.ts'
import type { Lease, Pool } from './pool.ts'
import type { AnsweredCalls } from './reasoning-reader.ts'
import type { Spend } from './spend.ts'
import { type KnownModel, settingsFor } from './turn-settings.ts'

export interface AttemptParts {
  readonly pool: Pool
  readonly health: Health
  readonly capabilities: ModelCapabilities
  readonly reasoning: KeptReasoning
  /** What the calls of a turn took, in full. */
  readonly spend: Spend
  readonly log: Logger
}

/** A turn under way. */
export interface Running {
  /** When the process is fit for another turn, or gone. */
  readonly slot: { free: Promise<void> }
  readonly meter: Meter | undefined
}

export type AttemptTurn = (turn: Turn, signal: AbortSignal, running: Running) => AsyncGenerator<TurnEvent>

export function createAttempt(parts: AttemptParts): AttemptTurn {
  const { pool, health, reasoning, spend } = parts
  return async function* attempt(turn: Turn, signal: AbortSignal, { slot, meter }: Running): AsyncGenerator<TurnEvent> {
    const toolMode = turn.toolUse === undefined ? ('text' as const) : ('functions' as const)
    const profile = { model: turn.model, system: turn.system ?? '', toolMode }
    const { conversation } = turn
    const chain = digestChain(conversation)
    const lease = await pool.lease(
      { profile, principalId: turn.principal.id, conversation, chain, lastAltered: lastAltered(conversation) },
      signal,
    )
    try {
      sawLease(parts, turn, lease)
      const model = knownModel(parts, turn)
      const couldThink = settingsFor(turn, model).thinking !== 'off'
      let answeredBy = ''
      let thoughts: Thoughts | undefined
      const onAnswer = (answer: AnsweredCalls): void => {
        thoughts = reasoning.keep({ turn, answeredBy, couldThink }, answer)
      }
      const onTaken = (taken: Taken): void => {
        for (const spending of spend(taken, turn)) meter?.took(spending)
      }
      for await (const event of lease.worker.run({ turn, chain, model, onAnswer, onTaken }, signal)) {
        if (event.type === 'start') answeredBy = event.model
        yield withFacts(event, lease.kind, thoughts)
      }
      health.sawAnswer()
    } finally {
      slot.free = lease.release()
    }
  }
}

/** What is told of an answer beside what the worker says of it. */
function withFacts(event: TurnEvent, lease: LeaseKind, thoughts: Thoughts | undefined): TurnEvent {
  if (event.type === 'start') return { ...event, lease }
  return event.type === 'finish' && thoughts !== undefined ? { ...event, thoughts } : event
}

function sawLease({ health, log }: AttemptParts, { id }: Turn, { worker, introduction, kind }: Lease): void {
  health.sawReady(introduction)
  health.sawTurn()
  log.debug({ requestId: id, lease: kind, worker: worker.id }, 'the turn has a process')
}

function knownModel({ health, capabilities }: AttemptParts, { model }: Turn): KnownModel {
  return { efforts: health.modelNamed(model)?.efforts ?? [], capabilities: capabilities.of(model) }
}
