/**
 * The rule that every engine test asserts when it disposes of its engine, and that fault tests assert after each fault:
 * what was there before is there again, and nothing else, within ten seconds. Linux only where it looks at /proc.
 */
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import type { Engine, EngineStatus } from '../../src/engine/engine.ts'
import { workersOf } from './processes.ts'

export interface Watched {
  readonly engine: Engine
  /** The data folder. */
  readonly dataFolder: string
}

export interface Baseline {
  /** Resolves when a living engine is at rest, with no more than it may keep. Throws with what it has too much of. */
  atRest(watched: Watched): Promise<void>
  /** Resolves when nothing of a closed engine is left. Throws with what is. */
  afterClose(watched: Watched): Promise<void>
}

const DEADLINE_MS = 10_000
/** What the runtime and the test itself may open meanwhile. */
const SPARE_DESCRIPTORS = 5
/** Three pipes, its connection to the egress, and the egress's to the model API with both its ends in this process. */
const DESCRIPTORS_PER_WORKER = 6
/** Timers that keep the process alive: the test runner has one now and then. */
const SPARE_TIMERS = 2

/** What this process holds now. Take it before the engine is made. */
export function takeBaseline(): Baseline {
  const before = { descriptors: openDescriptors(), timers: activeTimers() }
  const tooMuchHere = (workers: number): string[] => {
    const mostDescriptors = before.descriptors + SPARE_DESCRIPTORS + workers * DESCRIPTORS_PER_WORKER
    return [
      over('file descriptors', openDescriptors(), mostDescriptors),
      over('timers', activeTimers(), before.timers + SPARE_TIMERS),
    ].flat()
  }
  return {
    atRest: ({ engine, dataFolder }) =>
      untilNothing(
        'the engine does not come to rest',
        () => {
          const status = engine.status()
          const { live, spare, busy, idle, limit } = status.workers
          return [
            over('queued turns', status.queued, 0),
            over('busy workers', busy, 0),
            over('live workers', live, limit),
            over('workers that are neither idle nor gone', live - idle, 0),
            over('homes', homesIn(dataFolder), live + spare),
            tooMuchHere(live + spare),
          ].flat()
        },
        () => {
          const { live, spare } = engine.status().workers
          return [over('processes', workersOf(dataFolder).length, live + spare), over('zombies', zombies(), 0)].flat()
        },
      ),
    afterClose: ({ engine, dataFolder }) =>
      untilNothing(
        'something is left of a closed engine',
        () => [
          ...leftInStatus(engine.status()),
          ...over('run folders', runFoldersIn(dataFolder).length, 0),
          ...tooMuchHere(0),
        ],
        () => [over('processes', workersOf(dataFolder).length, 0), over('zombies', zombies(), 0)].flat(),
      ),
  }
}

function leftInStatus({ queued, workers }: EngineStatus): string[] {
  return [
    over('queued turns', queued, 0),
    over('busy workers', workers.busy, 0),
    over('live workers', workers.live, 0),
    over('spare processes', workers.spare, 0),
  ].flat()
}

function over(what: string, count: number, most: number): string[] {
  return count > most ? [`${count} ${what} instead of ${most}`] : []
}

/** @param others what takes long to look at, and is looked at only when the rest is well */
async function untilNothing(what: string, tooMuch: () => string[], others: () => string[]): Promise<void> {
  const deadline = performance.now() + DEADLINE_MS
  for (;;) {
    const found = tooMuch()
    const left = found.length > 0 ? found : others()
    if (left.length === 0) return
    if (performance.now() > deadline) throw new Error(`${what}: ${left.join(', ')}`)
    // Not a timer that counts.
    await delay(10, undefined, { ref: false })
  }
}

/** A home folder for each worker; `empty` is where all of them work. */
function homesIn(dataFolder: string): number {
  return runFoldersIn(dataFolder)
    .flatMap((run) => listing(join(dataFolder, 'run', run)))
    .filter((name) => name !== 'empty').length
}

function runFoldersIn(dataFolder: string): string[] {
  return listing(join(dataFolder, 'run'))
}

/** Empty for a folder that is not there, or goes while it is looked at. */
function listing(folder: string): string[] {
  try {
    return readdirSync(folder)
  } catch {
    return []
  }
}

function openDescriptors(): number {
  return listing('/proc/self/fd').length
}

function activeTimers(): number {
  return process.getActiveResourcesInfo().filter((kind) => kind === 'Timeout').length
}

/** Children of this process that have ended and that nobody has asked for. */
function zombies(): number {
  return listing('/proc').filter((name) => /^\d+$/.test(name) && isZombieOfOurs(name)).length
}

function isZombieOfOurs(pid: string): boolean {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8')
    // Behind the name, which may hold anything: the state and the parent (proc(5)).
    return stat.slice(stat.lastIndexOf(')') + 2).startsWith(`Z ${process.pid} `)
  } catch {
    return false
  }
}
