/**
 * Who is next: a bounded number of turns at a time, a bounded queue before it, fair between principals (each in turn
 * gives one), a deadline for each that waits. A slot is free only when its holder says so.
 */
import { TurnFailure } from '../turn/turn-failure.ts'

export interface Scheduler {
  /**
   * Waits for a slot.
   * @returns gives the slot back; only the first call counts.
   * @throws TurnFailure `queue_full` at once when the queue is full or after the deadline, `draining`, or `aborted`.
   */
  acquire(principalId: string, signal: AbortSignal): Promise<() => void>
  /** Refuses everything from now on, those that wait too. */
  drain(): void
  /** Resolves when no slot is taken, at the latest after `graceMs`. */
  idle(graceMs: number): Promise<void>
  readonly running: number
  readonly queued: number
}

export interface SchedulerOptions {
  readonly slots: number
  readonly maxQueue: number
  readonly timeoutMs: number
}

interface Waiter {
  readonly start: () => void
  readonly refuse: (failure: TurnFailure) => void
}

export function createScheduler({ slots, maxQueue, timeoutMs }: SchedulerOptions): Scheduler {
  /** Waiters by principal; the order of the keys is the order of turns. */
  const queues = new Map<string, Waiter[]>()
  let running = 0
  let queued = 0
  let draining = false
  const idlers: (() => void)[] = []

  const take = (): (() => void) => {
    running += 1
    let held = true
    return () => {
      if (!held) return
      held = false
      running -= 1
      next()?.start()
      if (running === 0) for (const wake of idlers.splice(0)) wake()
    }
  }

  const next = (): Waiter | undefined => {
    if (running >= slots) return undefined
    for (const [principalId, waiters] of queues) {
      const waiter = waiters.shift()
      // To the end of the line: the others come first before this principal's next.
      queues.delete(principalId)
      if (waiters.length > 0) queues.set(principalId, waiters)
      if (waiter !== undefined) return waiter
    }
    return undefined
  }

  const forget = (principalId: string, waiter: Waiter): void => {
    const left = queues.get(principalId)?.filter((other) => other !== waiter) ?? []
    if (left.length > 0) queues.set(principalId, left)
    else queues.delete(principalId)
  }

  const enqueue = (principalId: string, signal: AbortSignal): Promise<() => void> =>
    new Promise((resolve, reject) => {
      queued += 1
      const settle = (outcome: () => void): void => {
        queued -= 1
        clearTimeout(timer)
        signal.removeEventListener('abort', onAbort)
        forget(principalId, waiter)
        outcome()
      }
      const waiter: Waiter = {
        start: () => settle(() => resolve(take())),
        refuse: (failure) => settle(() => reject(failure)),
      }
      const onAbort = (): void => waiter.refuse(new TurnFailure('aborted', 'left the queue'))
      const timer = setTimeout(
        () => waiter.refuse(new TurnFailure('queue_full', 'waited too long for a process')),
        timeoutMs,
      )
      signal.addEventListener('abort', onAbort, { once: true })
      queues.set(principalId, [...(queues.get(principalId) ?? []), waiter])
    })

  return {
    acquire: async (principalId, signal) => {
      if (draining) throw new TurnFailure('draining', 'shutting down')
      if (signal.aborted) throw new TurnFailure('aborted', 'left before it began')
      if (running < slots) return take()
      if (queued >= maxQueue) throw new TurnFailure('queue_full', 'the queue is full')
      return enqueue(principalId, signal)
    },
    drain: () => {
      draining = true
      for (const waiter of [...queues.values()].flat()) waiter.refuse(new TurnFailure('draining', 'shutting down'))
    },
    idle: async (graceMs) => {
      if (running === 0) return
      await new Promise<void>((resolve) => {
        const timer = setTimeout(resolve, graceMs)
        idlers.push(() => {
          clearTimeout(timer)
          resolve()
        })
      })
    },
    get running() {
      return running
    },
    get queued() {
      return queued
    },
  }
}
