/** The processes that there are: how many, which of them wait for a turn, and room for another. */
import type { Logger } from 'pino'
import { TurnFailure } from '../turn/turn-failure.ts'
import type { Introduction } from './claude-code.ts'
import type { EndReason, EngineObserver } from './observer.ts'
import { isSameProfile, type Profile } from './profile.ts'
import type { Worker } from './worker.ts'

/** A worker that got ready. */
export interface Member {
  readonly worker: Worker
  readonly introduction: Introduction
  readonly profile: Profile
  /** Undefined until it has served a turn. */
  principalId: string | undefined
  idleSince: number
}

/** How long an idle process is kept. */
const LONGEST_IDLE_MS = 600_000
const SWEEP_MS = 30_000

export interface RosterOptions {
  /** Most processes at a time, idle ones included. */
  readonly limit: number
  readonly observer: EngineObserver
  readonly log: Logger
}

export class Roster {
  readonly #options: RosterOptions
  /** Every process that is not gone yet. */
  readonly #live = new Map<Worker, Profile>()
  /** Longest idle first. */
  readonly #idle = new Set<Member>()
  readonly #ending = new Set<Promise<void>>()
  /** Those whose end has been told. */
  readonly #ended = new WeakSet<Worker>()
  readonly #sweeper: NodeJS.Timeout
  /** Those that wait until something changes. */
  #waiting: (() => void)[] = []
  /** Places of processes that are about to be started. */
  #reserved = 0

  constructor(options: RosterOptions) {
    this.#options = options
    this.#sweeper = setInterval(() => this.#endForgotten(), SWEEP_MS)
    this.#sweeper.unref()
  }

  /** With what each was started. */
  get live(): ReadonlyMap<Worker, Profile> {
    return this.#live
  }

  get idle(): ReadonlySet<Member> {
    return this.#idle
  }

  get isFull(): boolean {
    return this.#live.size + this.#reserved >= this.#options.limit
  }

  /** The worker waits for a turn. */
  putIdle(member: Member): void {
    member.idleSince = performance.now()
    this.#idle.add(member)
    this.#endOneTooMany()
    this.notify()
  }

  /** The worker waits no more. */
  takeIdle(member: Member): void {
    this.#idle.delete(member)
  }

  /**
   * Starts a worker in a place that idle ones make room for, the longest idle first. Whoever holds a slot finds a place:
   * there are as many as slots.
   */
  async admit(profile: Profile, start: () => Promise<Worker>): Promise<Worker> {
    await this.#reserve()
    try {
      const worker = await start()
      this.#live.set(worker, profile)
      void worker.child.exited.then((how) => this.#endDead(worker, how))
      return worker
    } finally {
      this.#reserved -= 1
    }
  }

  /** Makes room for a process that is not kept here. Gives back what frees its place. */
  async lend(): Promise<() => void> {
    await this.#reserve()
    let isFree = false
    return () => {
      if (isFree) return
      isFree = true
      this.#reserved -= 1
      this.notify()
    }
  }

  /** Ends a worker. Resolves when it is gone. */
  end(worker: Worker, reason: EndReason): Promise<void> {
    if (!this.#ended.has(worker)) this.#options.observer.ended(worker.child.ranOutOfMemory ? 'out_of_memory' : reason)
    this.#ended.add(worker)
    const gone = worker.end().finally(() => {
      this.#live.delete(worker)
      this.#ending.delete(gone)
      this.notify()
    })
    this.#ending.add(gone)
    return gone
  }

  async endAll(): Promise<void> {
    clearInterval(this.#sweeper)
    this.#idle.clear()
    this.notify()
    await Promise.all([...this.#live.keys()].map((worker) => this.end(worker, 'shutdown')))
  }

  /** Something changed for those that wait. */
  notify(): void {
    for (const wake of this.#waiting.splice(0)) wake()
  }

  /** Resolves at the next change; those that wait are woken in order. Throws TurnFailure `aborted`. */
  nextChange(signal: AbortSignal): Promise<void> {
    return new Promise((resolve, reject) => {
      const wake = (): void => {
        signal.removeEventListener('abort', onAbort)
        resolve()
      }
      const onAbort = (): void => {
        this.#waiting = this.#waiting.filter((other) => other !== wake)
        reject(new TurnFailure('aborted', 'left before there was a process'))
      }
      if (signal.aborted) onAbort()
      else {
        signal.addEventListener('abort', onAbort, { once: true })
        this.#waiting.push(wake)
      }
    })
  }

  async #reserve(): Promise<void> {
    while (this.isFull) {
      const [oldest] = this.#idle
      if (oldest !== undefined) {
        this.#idle.delete(oldest)
        await this.end(oldest.worker, 'room')
      } else if (this.#ending.size > 0) await Promise.race(this.#ending)
      else break
    }
    this.#reserved += 1
  }

  /** Turns find a place also while a process is started ahead, for which there is no slot. */
  #endOneTooMany(): void {
    const living = [...this.#live.keys()].filter(({ state }) => state !== 'dead').length
    const [oldest] = this.#idle
    if (living <= this.#options.limit || oldest === undefined) return
    this.#idle.delete(oldest)
    void this.end(oldest.worker, 'room')
  }

  /** One that dies while it is idle; the others are noticed by whoever uses them. */
  #endDead(worker: Worker, how: string): void {
    for (const member of this.#idle) {
      if (member.worker !== worker) continue
      this.#idle.delete(member)
      // No failed turn tells of it.
      this.#options.log.warn({ how }, 'an idle process died')
      void this.end(worker, 'broken')
    }
  }

  #endForgotten(): void {
    const now = performance.now()
    for (const member of this.#idle) {
      if (now - member.idleSince < LONGEST_IDLE_MS) continue
      this.#idle.delete(member)
      void this.end(member.worker, 'idle')
    }
  }
}

export function isUnclaimed(member: Member): boolean {
  return member.principalId === undefined
}

/** A process is for its first principal, and for nobody else after it. */
export function isFor({ profile, principalId }: Member, asked: { profile: Profile; principalId: string }): boolean {
  return isSameProfile(profile, asked.profile) && (principalId ?? asked.principalId) === asked.principalId
}
