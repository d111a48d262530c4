import { totalmem } from 'node:os'
import { ApiError } from '../errors.ts'

/** What parsing and handing on make of a body is several times its size. */
const SHARE_OF_MEMORY = 1 / 16

/** Room for the bodies of all requests that are under way: each has a bound of its own, and many of them add up. */
export interface BodyRoom {
  /** @param most bytes of all bodies together; one alone is always let in */
  open(most: number): BodyLease
}

export interface BodyLease {
  /** @throws ApiError `overloaded` when there is no room for so many bytes more */
  take(bytes: number): void
  /** Gives back all that was taken. */
  release(): void
}

export function createBodyRoom(): BodyRoom {
  let held = 0
  return {
    open(most) {
      let own = 0
      return {
        take(bytes) {
          if (held > own && held + bytes > most)
            throw new ApiError('overloaded', { message: 'Too much is being sent right now. Try again shortly.' })
          held += bytes
          own += bytes
        },
        release() {
          held -= own
          own = 0
        },
      }
    },
  }
}

/** A share of the memory that this process may have. */
export function defaultBodyRoom(total: number = totalmem(), constrained: number = process.constrainedMemory()): number {
  return Math.floor((constrained > 0 ? Math.min(total, constrained) : total) * SHARE_OF_MEMORY)
}
