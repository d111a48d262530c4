/**
 * How processes are started: a few at a time, because each takes half a second of a core and the first to get ready can
 * serve those that wait; and not at all for a while when one after the other fails, so that a broken binary or a full
 * machine is not hammered. After the while one tries, and its success opens the gate again.
 */
import { TurnFailure } from '../turn/turn-failure.ts'

export interface StartGateOptions {
  /** Most starts at a time. */
  readonly atOnce: number
  /** Milliseconds on a clock that never goes back. */
  readonly now?: () => number
}

export interface StartPermit {
  succeeded(): void
  failed(): void
  /** It was not tried to the end. */
  abandoned(): void
}

const MOST_FAILURES = 5
/** How long nothing is started after the failures, doubled with each that follows. */
const FIRST_PAUSE_MS = 2000
const LONGEST_PAUSE_MS = 30_000

export class StartGate {
  readonly #atOnce: number
  readonly #now: () => number
  #underWay = 0
  /** Failures in a row. */
  #failures = 0
  #closedUntil = 0

  constructor({ atOnce, now = () => performance.now() }: StartGateOptions) {
    this.#atOnce = atOnce
    this.#now = now
  }

  /**
   * A permit to start a process, or undefined while as many as may be are under way.
   * @throws TurnFailure `worker_unavailable` while nothing is started.
   */
  tryEnter(): StartPermit | undefined {
    const left = this.#closedUntil - this.#now()
    if (left > 0) {
      throw new TurnFailure(
        'worker_unavailable',
        `${this.#failures} starts in a row failed: none is tried for a while`,
        {
          retryAfterSeconds: Math.ceil(left / 1000),
        },
      )
    }
    if (this.#underWay >= (this.#failures >= MOST_FAILURES ? 1 : this.#atOnce)) return undefined
    this.#underWay += 1
    let open = true
    const leave = (note: () => void): void => {
      if (!open) return
      open = false
      this.#underWay -= 1
      note()
    }
    return {
      succeeded: () => leave(() => (this.#failures = 0)),
      failed: () => leave(() => this.#noteFailure()),
      abandoned: () => leave(() => undefined),
    }
  }

  #noteFailure(): void {
    this.#failures += 1
    if (this.#failures < MOST_FAILURES) return
    const pause = FIRST_PAUSE_MS * 2 ** (this.#failures - MOST_FAILURES)
    this.#closedUntil = this.#now() + Math.min(LONGEST_PAUSE_MS, pause)
  }
}
