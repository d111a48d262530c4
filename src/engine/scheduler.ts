/**
 * Who is next: a bounded number of turns at a time, a bounded queue before it, fair between principals (each in turn
 * gives one, and where the queue is full whoever has most in it makes room), a deadline for each that waits. A slot is free
 * only when its holder says so.
 */
import { TurnFailure } from '../turn/turn-failure.ts'

/** Asked anew for each that waits. */
export interface SchedulerOptions {
  readonly slots: number
  readonly maxQueue: number
  /** Longest wait in milliseconds. */
  readonly timeoutMs: number
}

interface Waiter {
  readonly start: () => void
  readonly refuse: (failure: TurnFailure) => void
}

export class Scheduler {
  readonly #options: SchedulerOptions
  /** Waiters by principal; the order of the keys is the order of turns. */
  readonly #queues = new Map<string, Waiter[]>()
  readonly #idlers: (() => void)[] = []
  #running = 0
  #queued = 0
  #draining = false

  constructor(options: SchedulerOptions) {
    this.#options = options
  }

  get running(): number {
    return this.#running
  }

  get queued(): number {
    return this.#queued
  }

  /** @throws TurnFailure `queue_full` or `draining` when it takes none of this principal. */
  admit(principalId: string): void {
    if (this.#draining) throw new TurnFailure('draining', 'shutting down')
    if (!this.#isFull || this.#tooMany(principalId) !== undefined) return
    throw new TurnFailure('queue_full', 'the queue is full')
  }

  /**
   * Waits for a slot.
   * @returns gives the slot back; only the first call counts.
   * @throws TurnFailure `queue_full` at once when the queue is full, later when others need the place or the deadline is over,
   * `draining`, or `aborted`.
   */
  async acquire(principalId: string, signal: AbortSignal): Promise<() => void> {
    this.admit(principalId)
    if (signal.aborted) throw new TurnFailure('aborted', 'left before it began')
    if (this.#running < this.#options.slots) return this.#take()
    if (this.#isFull) this.#tooMany(principalId)?.refuse(new TurnFailure('queue_full', 'others need the place'))
    return this.#enqueue(principalId, signal)
  }

  /** Refuses everything from now on, those that wait too. */
  drain(): void {
    this.#draining = true
    for (const waiter of [...this.#queues.values()].flat()) waiter.refuse(new TurnFailure('draining', 'shutting down'))
  }

  /** Resolves when no slot is taken, at the latest after `graceMs`. */
  async idle(graceMs: number): Promise<void> {
    if (this.#running === 0) return
    await new Promise<void>((resolve) => {
      const timer = setTimeout(resolve, graceMs)
      this.#idlers.push(() => {
        clearTimeout(timer)
        resolve()
      })
    })
  }

  get #isFull(): boolean {
    return this.#running >= this.#options.slots && this.#queued >= this.#options.maxQueue
  }

  /** The waiter that came last of the principal that has most: undefined where this one would then have as many. */
  #tooMany(principalId: string): Waiter | undefined {
    const own = this.#queues.get(principalId)?.length ?? 0
    let longest: readonly Waiter[] = []
    for (const waiters of this.#queues.values()) if (waiters.length > longest.length) longest = waiters
    return longest.length > own + 1 ? longest.at(-1) : undefined
  }

  #take(): () => void {
    this.#running += 1
    let held = true
    return () => {
      if (!held) return
      held = false
      this.#running -= 1
      this.#next()?.start()
      if (this.#running === 0) for (const wake of this.#idlers.splice(0)) wake()
    }
  }

  #next(): Waiter | undefined {
    if (this.#running >= this.#options.slots) return undefined
    for (const [principalId, waiters] of this.#queues) {
      const waiter = waiters.shift()
      // To the end of the line: the others come first before this principal's next.
      this.#queues.delete(principalId)
      if (waiters.length > 0) this.#queues.set(principalId, waiters)
      if (waiter !== undefined) return waiter
    }
    return undefined
  }

  #enqueue(principalId: string, signal: AbortSignal): Promise<() => void> {
    return new Promise((resolve, reject) => {
      this.#queued += 1
      const settle = (outcome: () => void): void => {
        this.#queued -= 1
        clearTimeout(timer)
        signal.removeEventListener('abort', onAbort)
        this.#forget(principalId, waiter)
        outcome()
      }
      const waiter: Waiter = {
        start: () => settle(() => resolve(this.#take())),
        refuse: (failure) => settle(() => reject(failure)),
      }
      const onAbort = (): void => waiter.refuse(new TurnFailure('aborted', 'left the queue'))
      const onTimeout = (): void => waiter.refuse(new TurnFailure('queue_full', 'waited too long for a process'))
      const timer = setTimeout(onTimeout, this.#options.timeoutMs)
      signal.addEventListener('abort', onAbort, { once: true })
      this.#queues.set(principalId, [...(this.#queues.get(principalId) ?? []), waiter])
    })
  }

  #forget(principalId: string, waiter: Waiter): void {
    const left = this.#queues.get(principalId)?.filter((other) => other !== waiter) ?? []
    if (left.length > 0) this.#queues.set(principalId, left)
    else this.#queues.delete(principalId)
  }
}
