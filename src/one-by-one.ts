/** For work that holds up everybody for tens of milliseconds: of all who are about to do it, one a round of the event loop. */
import { setImmediate as nextRound } from 'node:timers/promises'

/** Resolves when it is the turn of who asks, in the order in which they asked. What is done next should be done at once. */
export type InTurn = () => Promise<void>

export function createTurns(): InTurn {
  let last = Promise.resolve()
  return () => {
    last = last.then(() => nextRound())
    return last
  }
}
