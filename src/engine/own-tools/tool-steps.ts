/** Which tools of a turn are at work. */

/** At a time, of each kind, and in characters. Claude Code has ten at a time, of ids that the model API makes. */
const MOST_STEPS = 1000
const LONGEST_ID = 256

export class ToolSteps {
  /** What the end of each gives back. */
  readonly #working = new Map<string, () => void>()
  readonly #denied = new Set<string>()
  readonly #over = new AbortController()

  get isAnyAtWork(): boolean {
    return this.#working.size > 0
  }

  /** Aborts when the turn is over. */
  get over(): AbortSignal {
    return this.#over.signal
  }

  /**
   * @param leave is called when it has come to an end, also with its turn
   * @returns whether it is known from now on: commands can ask in Claude Code's place, without end
   */
  allow(id: string, leave: () => void = () => undefined): boolean {
    const isOdd = id.length > LONGEST_ID || this.#working.has(id)
    if (isOdd || this.#working.size >= MOST_STEPS || this.#over.signal.aborted) return false
    this.#working.set(id, leave)
    return true
  }

  deny(id: string): void {
    if (id.length <= LONGEST_ID && this.#denied.size < MOST_STEPS) this.#denied.add(id)
  }

  /** It has come to an end. @returns `unknown` for one that Claude Code did not ask about: there is no such tool, or no such input */
  end(id: string): 'ran' | 'denied' | 'unknown' {
    if (this.#denied.delete(id)) return 'denied'
    this.#working.get(id)?.()
    return this.#working.delete(id) ? 'ran' : 'unknown'
  }

  /** The turn is over, and nothing is at work any more. */
  close(): void {
    this.#over.abort()
    for (const leave of this.#working.values()) leave()
    this.#working.clear()
  }
}
