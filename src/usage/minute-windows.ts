/**
 * Fixed windows of a minute, each from the first request that it counts. On the monotonic clock: a wall clock that is set
 * anew neither ends a window nor makes one longer.
 */
export interface MinuteWindows {
  /** Counts one, unless that would be more than `limit`. */
  count(name: string, limit: number): { readonly allowed: boolean; readonly used: number; readonly resetMs: number }
}

const MINUTE = 60_000
/** Names may be addresses, of which a caller can have very many: beyond this they share a window. */
const MOST_NAMES = 10_000
const ALL_OTHERS = '(all others)'

/** @param now in milliseconds, of a clock that only goes on */
export function createMinuteWindows(now: () => number = () => performance.now()): MinuteWindows {
  // In the order of their beginning, and so of their end.
  const windows = new Map<string, { readonly beganAt: number; used: number }>()
  const forgetOver = (at: number): void => {
    for (const [name, { beganAt }] of windows) {
      if (at - beganAt < MINUTE) return
      windows.delete(name)
    }
  }
  return {
    count(asked, limit) {
      const at = now()
      forgetOver(at)
      const name = windows.has(asked) || windows.size < MOST_NAMES ? asked : ALL_OTHERS
      const window = windows.get(name) ?? { beganAt: at, used: 0 }
      windows.set(name, window)
      const allowed = window.used < limit
      if (allowed) window.used += 1
      return { allowed, used: window.used, resetMs: window.beganAt + MINUTE - at }
    },
  }
}
