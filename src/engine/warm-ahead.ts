/**
 * Starts processes ahead for profiles in use: when a turn had to start one although its profile had others (more turns at
 * once than before), and when one that was in use had to be ended. Whoever comes first with the profile gets it.
 */
import { isSameProfile, type Profile } from './profile.ts'

export interface WarmAheadOptions {
  /** Most processes that wait for their first turn. */
  readonly most: number
  /** Profiles of the processes that wait for their first turn. */
  readonly waiting: () => readonly Profile[]
  /** Whether another one would be in somebody's way. */
  readonly isFull: () => boolean
  readonly start: (profile: Profile, signal: AbortSignal) => Promise<unknown>
  readonly onError: (error: unknown) => void
}

/** Starting takes half a second of a core: it waits until whoever needed the process has its first answer. */
const DELAY_MS = 1000

export class WarmAhead {
  readonly #options: WarmAheadOptions
  /** Wanted profiles, the latest last. */
  #wanted: Profile[] = []
  #timer: NodeJS.Timeout | undefined
  readonly #closed = new AbortController()

  constructor(options: WarmAheadOptions) {
    this.#options = options
  }

  /** Soon a process of this profile will be needed. */
  want(profile: Profile): void {
    if (this.#options.most === 0 || this.#closed.signal.aborted) return
    this.#wanted = [...this.#wanted.filter((other) => !isSameProfile(other, profile)), profile].slice(
      -this.#options.most,
    )
    this.#timer ??= setTimeout(() => void this.#startWanted(), DELAY_MS).unref()
  }

  close(): void {
    this.#closed.abort()
    clearTimeout(this.#timer)
  }

  async #startWanted(): Promise<void> {
    const { most, waiting, isFull, start, onError } = this.#options
    const { signal } = this.#closed
    for (let next = this.#wanted.pop(); next !== undefined && !signal.aborted; next = this.#wanted.pop()) {
      const profile = next
      const there = waiting()
      if (there.length >= most || isFull() || there.some((other) => isSameProfile(other, profile))) continue
      await start(profile, signal).catch((error: unknown) => (signal.aborted ? undefined : onError(error)))
    }
    this.#timer = undefined
  }
}
