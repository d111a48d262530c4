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

  /** It has come to an end. @returns whether it ran */
  end(id: string): boolean {
    this.#working.delete(id)
    return !this.#denied.delete(id)
  }
}
