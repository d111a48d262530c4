/** Which tools of a turn are at work. */
/** At a time, of each kind, and in characters. Claude Code has ten at a time, of ids that the model API makes. */
const MOST_STEPS = 1000
const LONGEST_ID = 256

export class ToolSteps {
  readonly #working = new Set<string>()
  readonly #denied = new Set<string>()

  get isAnyAtWork(): boolean {
    return this.#working.size > 0
  }

  /** @returns whether it is known from now on: commands can ask in Claude Code's place, without end */
  allow(id: string): boolean {
    return note(this.#working, id)
  }

  deny(id: string): void {
    note(this.#denied, id)
  }

  /** It has come to an end. @returns `unknown` for one that Claude Code did not ask about: there is no such tool, or no such input */
  end(id: string): 'ran' | 'denied' | 'unknown' {
    if (this.#denied.delete(id)) return 'denied'
    return this.#working.delete(id) ? 'ran' : 'unknown'
  }
}

function note(steps: Set<string>, id: string): boolean {
  if (id.length > LONGEST_ID || steps.size >= MOST_STEPS) return false
  steps.add(id)
  return true
}
