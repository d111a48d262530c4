/** One Claude Code process from spawn to exit: its pipes, its end, and what it wrote to stderr. */
import { type ChildProcess, spawn } from 'node:child_process'
import type { Writable } from 'node:stream'
import { setTimeout as delay } from 'node:timers/promises'
import type { SpawnedProcess, SpawnOptions } from './claude-code.ts'
import type { DeathWatch } from './death-watch.ts'
import { WORKER_MARK } from './environment.ts'
import { groupsBelow, kill, markedWith } from './kin.ts'
import { oomKills } from './oom-kills.ts'
import { giveWay } from './priority.ts'
import { StdoutGuard, type UntilTaken } from './stdout-guard.ts'

/** A model writes some hundred pieces a second, of some hundred bytes each; images that a tool reads come at once. */
const STDOUT_LIMITS = {
  maxLineBytes: 8 * 1024 * 1024,
  maxGarbageLines: 100,
  burstBytes: 128 * 1024 * 1024,
  bytesPerSecond: 2 * 1024 * 1024,
}
/** What waits for a child that does not read: more than a caller's whole conversation. */
const MOST_UNTAKEN_BYTES = 48 * 1024 * 1024
const STDERR_KEPT_BYTES = 64 * 1024
/** How long a process may take to end by itself before it is killed. */
const TERM_GRACE_MS = 1000
/** By then a program that was being started is there. */
const SECOND_LOOK_MS = 30
/** A process that ends by itself closes its output a moment before it is gone. */
const MUTE_GRACE_MS = 200

export interface Child {
  /** What the Agent SDK drives. Its `kill` goes through our own ladder. */
  readonly spawned: SpawnedProcess
  readonly pid: number | undefined
  /** Resolves when the process is gone; never rejects. */
  readonly exited: Promise<string>
  readonly alive: boolean
  /** It is gone, and the system was killing for want of memory. */
  readonly ranOutOfMemory: boolean
  /** The newest 64 KB of stderr, for logs only. */
  stderrTail(): string
  holdOutput(): void
  resumeOutput(): void
  /** Ends the process and all that it started: TERM, after a grace KILL. Resolves when they are gone. */
  end(): Promise<void>
}

/** Starts the process in a group of its own, tied to our own life by `deathWatch`. */
export function spawnChild(
  options: Omit<SpawnOptions, 'signal'>,
  deathWatch: DeathWatch,
  countOomKills: () => number = oomKills,
): Child {
  const oomKillsBefore = countOomKills()
  const command = deathWatch.wrap(options.command, options.args)
  const child = spawn(command.file, command.args, {
    cwd: options.cwd,
    env: options.env,
    stdio: ['pipe', 'pipe', 'pipe'],
    detached: true,
  })
  let ending: Promise<void> | undefined
  let ranOutOfMemory = false
  const exited = watchExit(child, (signal) => {
    ranOutOfMemory = signal === 'SIGKILL' && ending === undefined && countOomKills() > oomKillsBefore
    return ranOutOfMemory ? `ended by ${signal}: the system was out of memory` : `ended by ${signal}`
  })
  if (child.pid !== undefined) {
    deathWatch.watch(child.pid, exited)
    void giveWay(child.pid)
  }
  const stderr = keepTail(child)
  const guard = new StdoutGuard(
    STDOUT_LIMITS,
    (reason) => {
      stderr.add(`dragoman: ${reason}\n`)
      if (child.pid !== undefined) killGroup(child.pid, 'SIGKILL')
    },
    untilTaken(child.stdin),
  )
  child.stdout.on('error', (error) => guard.destroy(error))
  child.stdout.pipe(guard)
  child.stdout.once('end', () => void killWhenMute(child, exited))
  // A child that dies while we write to it is told by its exit, not by EPIPE.
  child.stdin.on('error', () => undefined)

  const mark = options.env[WORKER_MARK]
  const end = (): Promise<void> => {
    guard.resumeLines()
    ending ??= endProcess(child, exited, mark).finally(() => {
      for (const stream of [child.stdin, child.stdout, child.stderr, guard]) stream.destroy()
    })
    return ending
  }
  return {
    spawned: adapt(child, guard, end),
    pid: child.pid,
    exited,
    get alive() {
      return isAlive(child)
    },
    get ranOutOfMemory() {
      return ranOutOfMemory
    },
    stderrTail: () => stderr.text(),
    holdOutput: () => guard.holdLines(),
    resumeOutput: () => guard.resumeLines(),
    end,
  }
}

function untilTaken(stdin: Writable): UntilTaken {
  return () => {
    if (stdin.destroyed || stdin.writableLength <= MOST_UNTAKEN_BYTES) return undefined
    return new Promise((resolve) => {
      const settle = (): void => {
        for (const event of ['drain', 'close']) stdin.off(event, settle)
        resolve()
      }
      for (const event of ['drain', 'close']) stdin.on(event, settle)
    })
  }
}

function isAlive(child: ChildProcess): boolean {
  return child.pid !== undefined && child.exitCode === null && child.signalCode === null
}

function watchExit(child: ChildProcess, describe: (signal: NodeJS.Signals) => string): Promise<string> {
  return new Promise((resolve) => {
    child.once('error', (error) => resolve(`could not be started: ${error.message}`))
    child.once('exit', (code, signal) => resolve(signal === null ? `exited with code ${code}` : describe(signal)))
  })
}

/** A process that lives on without its output can never answer, and the Agent SDK would wait for its exit. */
async function killWhenMute(child: ChildProcess, exited: Promise<string>): Promise<void> {
  const gone = await Promise.race([exited, delay(MUTE_GRACE_MS, undefined, { ref: false })])
  if (gone === undefined && child.pid !== undefined) killGroup(child.pid, 'SIGKILL')
}

async function endProcess(child: ChildProcess, exited: Promise<string>, mark: string | undefined): Promise<void> {
  const { pid } = child
  if (pid === undefined) return
  const started = isAlive(child) ? await groupsBelow(pid).catch(() => []) : []
  if (isAlive(child)) {
    killGroup(pid, 'SIGTERM')
    const gone = await Promise.race([exited, delay(TERM_GRACE_MS, undefined, { ref: false })])
    if (gone === undefined) killGroup(pid, 'SIGKILL')
  }
  await exited
  // What the process itself had started shares its group and goes with it, or has one of its own, or has left.
  for (const group of [pid, ...started]) killGroup(group, 'SIGKILL')
  if (mark === undefined) return
  // A process that is just becoming another program has no environment to be known by.
  for (const pauseMs of [0, SECOND_LOOK_MS]) {
    if (pauseMs > 0) await delay(pauseMs)
    for (const left of await markedWith(`${WORKER_MARK}=${mark}`).catch(() => [])) kill(left, 'SIGKILL')
  }
}

function killGroup(leader: number, signal: NodeJS.Signals): void {
  kill(-leader, signal)
}

function keepTail(child: ChildProcess): { add(text: string): void; text(): string } {
  let kept = ''
  const add = (text: string): void => {
    kept = (kept + text).slice(-STDERR_KEPT_BYTES)
  }
  child.stderr?.setEncoding('utf8')
  child.stderr?.on('data', add)
  child.stderr?.on('error', () => undefined)
  return { add, text: () => kept }
}

function adapt(child: ChildProcess, stdout: StdoutGuard, end: () => Promise<void>): SpawnedProcess {
  const { stdin } = child
  if (stdin === null) throw new Error('the child has no stdin')
  return {
    stdin,
    stdout,
    get killed() {
      return child.killed
    },
    get exitCode() {
      return child.exitCode
    },
    get signalCode() {
      return child.signalCode
    },
    // The SDK asks for its own ladder here; ours runs by group and pid and always reaches KILL.
    kill: () => {
      void end()
      return true
    },
    on: child.on.bind(child),
    once: child.once.bind(child),
    off: child.off.bind(child),
  }
}
