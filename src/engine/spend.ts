/** Makes whole what is known of a turn's calls: what nobody counted, and what Claude Code did not reckon. */
import type { Model } from '../turn/model.ts'
import type { Spending } from '../turn/spending.ts'
import type { Turn } from '../turn/turn.ts'
import type { TakenCall } from './call-count.ts'
import type { Taken } from './call-watch.ts'
import { estimateInput } from './estimate.ts'
import type { Prices } from './prices.ts'

export interface SpendParts {
  readonly prices: Prices
  /** The live list's entry for an id or alias. */
  readonly modelNamed: (name: string) => Model | undefined
  readonly hasEgress: boolean
}

export type Spend = (taken: Taken, turn: Turn) => Spending[]

export function createSpend({ prices, modelNamed, hasEgress }: SpendParts): Spend {
  const complete = (call: TakenCall, turn: Turn): Spending => {
    const { isInputCounted, isOutputCounted } = call
    const asked = modelNamed(turn.model)?.id ?? turn.model
    const model = call.model === undefined || call.model === '' ? asked : call.model
    const usage = isInputCounted ? call.usage : { ...call.usage, inputTokens: estimateInput(turn, hasEgress) }
    const isEstimate = !isInputCounted || !isOutputCounted
    return { model, usage: { ...usage, costUsd: prices.costOf(model, usage) }, isEstimate }
  }
  return ({ calls, costUsd }, turn) => {
    const spendings = calls.map((call) => complete(call, turn))
    const [only] = spendings
    const isCounted = costUsd > 0 && spendings.every(({ isEstimate }) => !isEstimate)
    if (isCounted && only !== undefined && spendings.length === 1) {
      // Claude Code prices the model that was asked for.
      for (const name of new Set([only.model, turn.model])) prices.learn(name, only.usage, costUsd)
      return [{ ...only, usage: { ...only.usage, costUsd } }]
    }
    return share(spendings, costUsd, isCounted)
  }
}

/**
 * Claude Code reckons its calls together. Of calls that were not counted to their end it may know less than we do, never
 * more than they took.
 */
function share(spendings: readonly Spending[], costUsd: number, isCounted: boolean): Spending[] {
  const reckoned = spendings.reduce((sum, { usage }) => sum + usage.costUsd, 0)
  const times = reckoned > 0 && (isCounted || costUsd > reckoned) ? costUsd / reckoned : 1
  return spendings.map((spending) => ({
    ...spending,
    usage: { ...spending.usage, costUsd: spending.usage.costUsd * times },
    isEstimate: !isCounted,
  }))
}
