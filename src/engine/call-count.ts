import type { Usage } from '../turn/turn-event.ts'
import { type ReportedUsage, UsageCount } from './usage-count.ts'

/** What a call of the model took, as far as its answer told. */
export interface TakenCall {
  /** As the model API names it; undefined where it never began. */
  readonly model: string | undefined
  /** Where not all of it was counted: the output as far as it was seen, the input none. */
  readonly usage: Usage
  readonly isInputCounted: boolean
  readonly isOutputCounted: boolean
}

/** Counts one call of the model while its answer comes. */
export class CallCount {
  readonly #usage = new UsageCount()
  #model: string | undefined
  #isSent = false
  #isRefused = false
  #stopReason: string | undefined
  /** In characters. */
  #said = 0
  #thought = 0

  get hasBegun(): boolean {
    return this.#model !== undefined
  }

  /** Whether it may have to be paid for: also one that was left before its answer began. */
  get isPaid(): boolean {
    return this.hasBegun || (this.#isSent && !this.#isRefused)
  }

  /** All of it went to the model API. */
  send(): void {
    this.#isSent = true
  }

  /** The model API gives no answer to it. */
  refuse(): void {
    this.#isRefused = true
  }

  /** As the model API names it; undefined until the model has stopped by itself. */
  get stopReason(): string | undefined {
    return this.#stopReason
  }

  begin(model: string, usage: ReportedUsage | null | undefined): void {
    this.#model = model
    this.#usage.count(usage)
  }

  /** @param stopReason null where the model has not stopped by itself: Claude Code says so of an answer that broke off */
  count(usage: ReportedUsage | null | undefined, stopReason: string | null | undefined): void {
    this.#usage.count(usage)
    this.#stopReason ??= stopReason ?? undefined
  }

  /** A piece of the answer, in characters: text or the arguments of a call; or of what is thought before. */
  hear({ said = 0, thought = 0 }: { readonly said?: number; readonly thought?: number }): void {
    this.#said += said
    this.#thought += thought
  }

  get taken(): TakenCall {
    const counted = this.#usage.total(undefined)
    // No call is without input, and none that said something without output: who counts none does not count.
    const isOutputCounted =
      this.#stopReason !== undefined && (counted.outputTokens > 0 || this.#said + this.#thought === 0)
    const usage = isOutputCounted ? counted : this.#usage.estimate({ text: this.#said, reasoning: this.#thought })
    return { model: this.#model, usage, isInputCounted: counted.inputTokens > 0, isOutputCounted }
  }
}
