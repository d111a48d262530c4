/** Tells what a call of the model took, once, whatever became of it. */
import type { Meter, Spending } from '../turn/spending.ts'
import type { Usage } from '../turn/turn-event.ts'
import { type FailureKind, TurnFailure } from '../turn/turn-failure.ts'
import type { Turn } from '../turn/turn.ts'
import type { UpstreamFacts } from './egress/upstream-facts.ts'
import { estimateInput } from './estimate.ts'
import type { Prices } from './prices.ts'

/** What a worker knows of a call when it is over. */
export interface EndedCall {
  /** As the model API names it; undefined where it never began. */
  readonly model: string | undefined
  /** Undefined where the model API has counted nothing yet. */
  readonly usage: Usage | undefined
  /** Whether all of that was counted by the model API. */
  readonly isCounted: boolean
  /** As the process reckons it. */
  readonly costUsd: number | undefined
  /** Absent where there is no egress. */
  readonly facts: UpstreamFacts | undefined
}

export interface CallAccount {
  hear(call: EndedCall): void
  /** @param failure what the call ended with, if it is known to have failed */
  tell(failure?: unknown): void
}

export function createCallAccount(turn: Turn, prices: Prices, meter: Meter | undefined): CallAccount {
  let call: EndedCall | undefined
  let hasTold = false
  return {
    hear: (ended) => (call = ended),
    tell(failure) {
      if (call === undefined || hasTold) return
      hasTold = true
      const spending = spendingOf(call, turn, prices, failure)
      if (spending !== undefined) meter?.took(spending)
    },
  }
}

function spendingOf(call: EndedCall, turn: Turn, prices: Prices, failure: unknown): Spending | undefined {
  const { model = turn.model, usage, isCounted, costUsd } = call
  if (usage === undefined) {
    if (!mayHaveBegun(call, failure)) return undefined
    const input = { ...NOTHING, inputTokens: estimateInput(turn) }
    return { model, usage: { ...input, costUsd: prices.costOf(model, input) }, isEstimate: true }
  }
  const isPriced = isCounted && costUsd !== undefined
  if (isPriced) prices.learn(model, usage, costUsd)
  return {
    model,
    usage: { ...usage, costUsd: isPriced ? costUsd : prices.costOf(model, usage) },
    isEstimate: !isPriced,
  }
}

/** Failures after which the model may have read the prompt. */
const UNCERTAIN: ReadonlySet<FailureKind> = new Set<FailureKind>([
  'aborted',
  'upstream_timeout',
  'stream_interrupted',
  'worker_died',
])

/** Whether the model API may count the prompt of a call of which it has told nothing. */
function mayHaveBegun({ facts }: EndedCall, failure: unknown): boolean {
  if (facts === undefined) return failure instanceof TurnFailure ? UNCERTAIN.has(failure.kind) : true
  if (facts.calls === 0 || facts.connectionError !== undefined) return false
  return facts.status === undefined || facts.status < 400
}

const NOTHING: Usage = {
  inputTokens: 0,
  cacheReadTokens: 0,
  cacheWriteTokens: 0,
  outputTokens: 0,
  reasoningTokens: 0,
}
