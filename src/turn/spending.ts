import type { Usage } from './turn-event.ts'

/** What one call of the model took, whatever became of it. */
export interface Spending {
  /** The model that answered, as the model API names it; where it never began, as it was asked for. */
  readonly model: string
  /** costUsd is always there. */
  readonly usage: Usage & { readonly costUsd: number }
  /** Part of it was not counted by the model API (or its cost not reckoned by Claude Code) but reckoned here. */
  readonly isEstimate: boolean
}

/** The most that a call may take, roughly, before it is made. */
export interface Estimate {
  readonly inputTokens: number
  /** At least 1. */
  readonly outputTokens: number
  /** What the input costs at most. */
  readonly inputUsd: number
  /** What the output costs if there is all of it. */
  readonly outputUsd: number
}

/**
 * Hears of each call of the model that may have to be paid for: once each, before the `finish` or the failure of its turn,
 * and after an abort before the iteration of the turn has ended.
 */
export interface Meter {
  took(spending: Spending): void
  /**
   * Asked before a further call of the same turn. Absent: there is no limit.
   * @param taken what calls took since it was last asked; `took` still tells them, at the end
   */
  readonly mayGoOn?: (taken: readonly Spending[]) => Promise<boolean>
}
