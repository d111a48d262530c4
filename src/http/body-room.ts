import { totalmem } from 'node:os'
import { getHeapStatistics } from 'node:v8'
import { ApiError } from '../errors.ts'

/** What parsing and handing on make of a body is several times its size. */
const SHARE_OF_MEMORY = 1 / 16
/** A heap of Node.js has an upper bound, 2 or 4 GB whatever the machine, at which the process ends. */
const SHARE_OF_HEAP = 1 / 8

/**
 * Room for what all requests that are under way hold in memory: bodies, and what is read from the database for them. Each has
 * a bound of its own, and many of them add up.
 */
export interface BodyRoom {
  /** @param most bytes of all requests together; one alone is always let in */
  open(most: number): BodyLease
}

export interface BodyLease {
  /** @throws ApiError `overloaded` when there is no room for so many bytes more */
  take(bytes: number): void
  /** Gives back all that was taken. From now on it takes nothing. */
  release(): void
}

export function createBodyRoom(): BodyRoom {
  let held = 0
  return {
    open(most) {
      let own = 0
      let isOver = false
      return {
        take(bytes) {
          if (isOver) return
          if (held > own && held + bytes > most)
            throw new ApiError('overloaded', { message: 'Too much is being sent right now. Try again shortly.' })
          held += bytes
          own += bytes
        },
        release() {
          isOver = true
          held -= own
          own = 0
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
