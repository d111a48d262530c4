/**
 * When a login that was refused may be tried again: by one turn after some seconds, and less often each time that it is
 * refused again. Without it whoever sends requests by `/ready` would send none for ever.
 */
export interface Probation {
  /** A turn was refused. Others that were under way at the same time change nothing. */
  refused(): void
  /** It is accepted. */
  passed(): void
  /** A turn is about to be tried: the next has to wait for what becomes of it. */
  tries(): void
  /** Whether a turn may be tried now. */
  readonly isOpen: boolean
}

export interface ProbationTimes {
  /** Milliseconds until the first try. Each further refusal doubles them. */
  readonly firstMs: number
  readonly mostMs: number
  /** Milliseconds of a clock that never goes back. */
  readonly now: () => number
}

export function createProbation({ firstMs, mostMs, now }: ProbationTimes): Probation {
  let waitMs = firstMs
  let until: number | undefined
  let trying = false
  const isOpen = (): boolean => until !== undefined && now() >= until
  return {
    refused: () => {
      if (until === undefined) waitMs = firstMs
      else if (trying) waitMs = Math.min(mostMs, 2 * waitMs)
      else return
      trying = false
      until = now() + waitMs
    },
    passed: () => {
      until = undefined
      trying = false
    },
    tries: () => {
      if (!isOpen()) return
      trying = true
      until = now() + waitMs
    },
    get isOpen() {
      return isOpen()
    },
  }
}
