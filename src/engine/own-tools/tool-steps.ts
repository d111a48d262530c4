/** Which tools of a turn are at work. */
export class ToolSteps {
  readonly #working = new Set<string>()
  readonly #denied = new Set<string>()

  get isAnyAtWork(): boolean {
    return this.#working.size > 0
  }

  allow(id: string): void {
    this.#working.add(id)
  }

  deny(id: string): void {
    this.#denied.add(id)
  }

  /** It has come to an end. @returns `unknown` for one that Claude Code did not ask about: there is no such tool, or no such input */
  end(id: string): 'ran' | 'denied' | 'unknown' {
    if (this.#denied.delete(id)) return 'denied'
    return this.#working.delete(id) ? 'ran' : 'unknown'
  }
}
