import { totalmem } from 'node:os'
import { getHeapStatistics } from 'node:v8'
import { ApiError } from '../errors.ts'

/** What parsing and handing on make of a body is several times its size. */
const SHARE_OF_MEMORY = 1 / 16
/** A heap of Node.js has an upper bound, 2 or 4 GB whatever the machine, at which the process ends. */
const SHARE_OF_HEAP = 1 / 8

/** What a caller leaves free is for the others. */
const MOST_PERCENT = 75

/**
 * Room for what all requests that are under way hold in memory: bodies, and what is read from the database for them. Each has
 * a bound of its own, and many of them add up.
 */
export interface BodyRoom {
  /**
   * @param most bytes of all requests together, of which those of one caller get three quarters; one request alone is always let in
   * @param caller whose request it is
   */
  open(most: number, caller: string): BodyLease
}

export interface BodyLease {
  /** @throws ApiError `overloaded` when there is no room for so many bytes more */
  take(bytes: number): void
  /** Gives back all that was taken. From now on it takes nothing. */
  release(): void
}

export function createBodyRoom(): BodyRoom {
  let held = 0
  const heldBy = new Map<string, number>()
  return {
    open(most, caller) {
      let own = 0
      let isOver = false
      const add = (bytes: number): void => {
        held += bytes
        own += bytes
        const sum = (heldBy.get(caller) ?? 0) + bytes
        if (sum > 0) heldBy.set(caller, sum)
        else heldBy.delete(caller)
      }
      return {
        take(bytes) {
          if (isOver) return
          const ofCaller = heldBy.get(caller) ?? 0
          const isTooMuch = held > own && held + bytes > most
          if (isTooMuch || (ofCaller > own && ofCaller + bytes > (most * MOST_PERCENT) / 100))
            throw new ApiError('overloaded', { message: 'Too much is being sent right now. Try again shortly.' })
          add(bytes)
        },
        release() {
          isOver = true
          add(-own)
        },
      }
    },
  }
}

/** A share of the memory that this process may have. */
export function defaultBodyRoom(
  total: number = totalmem(),
  constrained: number = process.constrainedMemory(),
  heap: number = getHeapStatistics().heap_size_limit,
): number {
  const memory = constrained > 0 ? Math.min(total, constrained) : total
  return Math.floor(Math.min(memory * SHARE_OF_MEMORY, heap * SHARE_OF_HEAP))
}
