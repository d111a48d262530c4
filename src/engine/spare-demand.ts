/**
 * How many spares of which model are worth having, from the starts that turns had to make: one of the model used last, one
 * of each that was used in the last minutes, and more of those that several starts at a time were needed of.
 */

/** How long a model counts as in use after a start. */
const IN_USE_MS = 600_000
/** How long a start counts towards how many are needed at a time. */
const RECENT_MS = 30_000

export class SpareDemand {
  readonly #now: () => number
  /** When processes were started, by model; the model used last comes last. */
  readonly #starts = new Map<string, number[]>()

  constructor(now: () => number = () => performance.now()) {
    this.#now = now
  }

  /** A turn had to start a process, or claim a spare. */
  noteStart(model: string): void {
    const recent = this.#recent(this.#starts.get(model) ?? [])
    this.#starts.delete(model)
    this.#starts.set(model, [...recent, this.#now()])
  }

  /**
   * How many spares each model should have.
   * @param most of all models together
   */
  wanted(most: number): Map<string, number> {
    const now = this.#now()
    const latestFirst = [...this.#starts].toReversed()
    const inUse = latestFirst.filter(([, starts], index) => index === 0 || now - (starts.at(-1) ?? 0) < IN_USE_MS)
    const wanted = new Map(inUse.slice(0, most).map(([model]) => [model, 1]))
    let left = most - wanted.size
    for (const [model, starts] of inUse) {
      const more = Math.min(left, this.#recent(starts).length - 1)
      if (more <= 0 || !wanted.has(model)) continue
      wanted.set(model, 1 + more)
      left -= more
    }
    return wanted
  }

  #recent(starts: readonly number[]): number[] {
    return starts.filter((at) => this.#now() - at < RECENT_MS)
  }
}
