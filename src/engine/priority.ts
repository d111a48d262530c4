/**
 * Claude Code's processes give way to Dragoman, which needs little of the processor and needs it at once: with as many
 * busy processes as cores and more, connections would otherwise wait for seconds before they are even refused.
 */
import { writeFile } from 'node:fs/promises'
import { setPriority } from 'node:os'
import { setTimeout as delay } from 'node:timers/promises'

/** From -20 to 19; ours is 0. */
const NICENESS = 10
/** Linux takes one change of a group every 100 ms from users who are not root. */
const TRIES = 5
const TRY_AGAIN_MS = 120

/** Lowers the priority of a process and of what it will start. Where the system does not allow it everything works, less smoothly. */
export async function giveWay(pid: number): Promise<void> {
  try {
    setPriority(pid, NICENESS)
    // A session of its own is a scheduling group of its own there, between which only this counts (sched(7), autogroup).
    if (process.platform === 'linux') await setAutogroup(pid)
  } catch {
    // Gone already, or not allowed.
  }
}

async function setAutogroup(pid: number): Promise<void> {
  for (let tries = 1; ; tries += 1) {
    try {
      return await writeFile(`/proc/${pid}/autogroup`, String(NICENESS))
    } catch (error) {
      const isTooSoon = error instanceof Error && 'code' in error && error.code === 'EAGAIN'
      if (!isTooSoon || tries >= TRIES) throw error
      await delay(TRY_AGAIN_MS, undefined, { ref: false })
    }
  }
}
