import { createHash, randomUUID } from 'node:crypto'

/**
 * Fixed windows of a minute, each from the first request that it counts. On the monotonic clock: a wall clock that is set
 * anew neither ends a window nor makes one longer. rate-limiter-flexible, the library for
 * this, goes by the wall clock.
 */
export interface MinuteWindows {
  /**
   * Counts one, unless that would be more than `limit`.
   * @param crowd for names of which there can be any number: when there are very many windows, new ones of a crowd share some
   */
  count(
    name: string,
    limit: number,
    crowd?: string,
  ): { readonly allowed: boolean; readonly used: number; readonly resetMs: number }
}

const MINUTE = 60_000
const MOST_OWN_WINDOWS = 10_000
const SHARED_WINDOWS = 4096

/** @param now in milliseconds, of a clock that only goes on */
export function createMinuteWindows(now: () => number = () => performance.now()): MinuteWindows {
  // In the order of their beginning, and so of their end.
  const windows = new Map<string, { readonly beganAt: number; used: number }>()
  // Nobody can work out with whom a name shares its window.
  const salt = randomUUID()
  const sharedName = (name: string, crowd: string): string =>
    `${crowd} #${createHash('sha256').update(salt).update(name).digest().readUInt32BE() % SHARED_WINDOWS}`
  const forgetOver = (at: number): void => {
    for (const [name, { beganAt }] of windows) {
      if (at - beganAt < MINUTE) return
      windows.delete(name)
    }
  }
  return {
    count(asked, limit, crowd) {
      // Whole: of fractions the sum below would be off by some, and so a minute could be told as 61 seconds.
      const at = Math.floor(now())
      forgetOver(at)
      const hasOwn = crowd === undefined || windows.has(asked) || windows.size < MOST_OWN_WINDOWS
      const name = hasOwn ? asked : sharedName(asked, crowd)
      const window = windows.get(name) ?? { beganAt: at, used: 0 }
      windows.set(name, window)
      const allowed = window.used < limit
      if (allowed) window.used += 1
      return { allowed, used: window.used, resetMs: window.beganAt + MINUTE - at }
    },
  }
}
