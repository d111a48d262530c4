/** Several threads that check, and who is next. */
import { TurnFailure } from '../turn/turn-failure.ts'
import { type CheckThread, createCheckThread } from './check-thread.ts'
import type { ThreadReply, ThreadRequest } from './thread-message.ts'

/** Who waits for a check. */
export interface Asker {
  readonly principalId: string
  /** When it aborts nobody waits any more: a check that has not begun does not begin. */
  readonly signal: AbortSignal
}

/** So that one schema without an end does not hold up all others. */
const THREADS = 2
/** Each may take seconds. */
const MOST_WAITING = 100

export interface CheckThreads {
  /** @throws what the signal aborts with, and TurnFailure `queue_full` */
  run(request: ThreadRequest, deadlineMs: number, asker: Asker | undefined): Promise<ThreadReply>
  close(): Promise<void>
}

interface Waiter {
  readonly principalId: string
  readonly start: (thread: CheckThread) => void
}

/** First come, first served; but before those whose check runs already come those of other principals. */
export function createCheckThreads(code: URL | undefined): CheckThreads {
  const all = Array.from({ length: THREADS }, () => createCheckThread(code))
  // The last to be given back is the first to be taken: one that has compiled something, and no second one without need.
  const free = all.toReversed()
  const waiting = new Set<Waiter>()
  /** The principals whose checks run, one for each. */
  const served: string[] = []

  const take = (principalId: string, signal: AbortSignal | undefined): Promise<CheckThread> => {
    const thread = free.pop()
    if (thread !== undefined) return Promise.resolve(thread)
    if (waiting.size >= MOST_WAITING) {
      return Promise.reject(new TurnFailure('queue_full', 'too many checks of schemas wait'))
    }
    return new Promise((resolve, reject) => {
      const leave = (): void => {
        waiting.delete(waiter)
        reject(signal?.reason)
      }
      const start = (next: CheckThread): void => {
        signal?.removeEventListener('abort', leave)
        resolve(next)
      }
      const waiter: Waiter = { principalId, start }
      waiting.add(waiter)
      signal?.addEventListener('abort', leave, { once: true })
    })
  }
  const giveBack = (thread: CheckThread): void => {
    const [first] = waiting
    const next = [...waiting].find(({ principalId }) => !served.includes(principalId)) ?? first
    if (next === undefined) return void free.push(thread)
    waiting.delete(next)
    next.start(thread)
  }
  return {
    async run(request, deadlineMs, asker) {
      const { principalId = '', signal } = asker ?? {}
      signal?.throwIfAborted()
      const thread = await take(principalId, signal)
      served.push(principalId)
      try {
        return await thread.run(request, deadlineMs)
      } finally {
        served.splice(served.indexOf(principalId), 1)
        giveBack(thread)
      }
    },
    close: async () => {
      await Promise.all(all.map((thread) => thread.close()))
    },
  }
}
