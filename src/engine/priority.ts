/**
 * Claude Code's processes give way to Dragoman, which needs little of the processor and needs it at once: with as many
 * busy processes as cores and more, connections would otherwise wait for seconds before they are even refused. Where memory
 * runs out it is one of them that the system kills, which is replaced, and not Dragoman with everybody's answers.
 */
import { readFile, writeFile } from 'node:fs/promises'
import { setPriority } from 'node:os'
import { setTimeout as delay } from 'node:timers/promises'

/** From -20 to 19; ours is 0. */
const NICENESS = 10
/** Linux takes one change of a group every 100 ms from users who are not root. */
const TRIES = 5
const TRY_AGAIN_MS = 120

/** Half of the memory that there is counts as the process's own when the system looks for the largest (proc(5), oom_score_adj). */
const SCORE = 500
const HIGHEST_SCORE = 1000

/** Lowers the priority of a process and of what it will start. Where the system does not allow it everything works, less smoothly. */
export async function giveWay(pid: number): Promise<void> {
  // Each fails where the process is gone already, or it is not allowed.
  await Promise.allSettled([giveWayInTime(pid), ...(process.platform === 'linux' ? [giveWayInMemory(pid)] : [])])
}

async function giveWayInTime(pid: number): Promise<void> {
  setPriority(pid, NICENESS)
  // A session of its own is a scheduling group of its own there, between which only this counts (sched(7), autogroup).
  if (process.platform === 'linux') await setAutogroup(pid)
}

async function giveWayInMemory(pid: number): Promise<void> {
  const own = Number(await readFile('/proc/self/oom_score_adj', 'utf8'))
  await writeFile(`/proc/${pid}/oom_score_adj`, String(Math.min(own + SCORE, HIGHEST_SCORE)))
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
