/**
 * How many spares of which kind are worth having, from the starts that turns had to make: one of the kind used last, one
 * of each that was used in the last minutes, and more of those that several starts at a time were needed of.
 */

/** How long a kind counts as in use after a start. */
const IN_USE_MS = 600_000
/** How long a start counts towards how many are needed at a time. */
const RECENT_MS = 30_000

export class SpareDemand {
  readonly #now: () => number
  /** When processes were started, by kind; the kind used last comes last. */
  readonly #starts = new Map<string, number[]>()

  constructor(now: () => number = () => performance.now()) {
    this.#now = now
  }

  /** A turn had to start a process, or claim a spare. */
  noteStart(kind: string): void {
    const recent = this.#recent(this.#starts.get(kind) ?? [])
    this.#starts.delete(kind)
    this.#starts.set(kind, [...recent, this.#now()])
  }

  /**
   * How many spares each kind should have.
   * @param most of all kinds together
   */
  wanted(most: number): Map<string, number> {
    const now = this.#now()
    const latestFirst = [...this.#starts].toReversed()
    const inUse = latestFirst.filter(([, starts], index) => index === 0 || now - (starts.at(-1) ?? 0) < IN_USE_MS)
    const wanted = new Map(inUse.slice(0, most).map(([kind]) => [kind, 1]))
    let left = most - wanted.size
    for (const [kind, starts] of inUse) {
      const more = Math.min(left, this.#recent(starts).length - 1)
      if (more <= 0 || !wanted.has(kind)) continue
      wanted.set(kind, 1 + more)
      left -= more
    }
    return wanted
  }

  #recent(starts: readonly number[]): number[] {
    return starts.filter((at) => this.#now() - at < RECENT_MS)
  }
}
