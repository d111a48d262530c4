/** Waits until nothing is left of the commands that a process has run: when it says that one has ended, that may still be dying. */
import { setTimeout as delay } from 'node:timers/promises'
import { WORKER_MARK } from '../environment.ts'
import { kill, markedOutside } from '../kin.ts'

const LOOK_MS = 20
/** How long what is left may take to end by itself. */
const GRACE_MS = 500
/** In which what a sandbox held dies after it. */
const LAST_MS = 50

/** @param isIdle whether no other command of the process is at work */
export async function settleCommands(leader: number, workerId: string, isIdle: () => boolean): Promise<void> {
  // A command has a group of its own, and its sandbox the mark, whatever the command does to its own environment.
  const left = (): Promise<number[]> => markedOutside(leader, `${WORKER_MARK}=${workerId}`).catch(() => [])
  const since = performance.now()
  for (let pids = await left(); pids.length > 0; pids = await left()) {
    if (isIdle() && performance.now() - since > GRACE_MS) for (const pid of pids) kill(pid, 'SIGKILL')
    await delay(LOOK_MS, undefined, { ref: false })
  }
  await delay(LAST_MS, undefined, { ref: false })
}
