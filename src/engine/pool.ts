/**
 * Which process works on a turn. In order of preference: the idle one that holds this very conversation; an idle one of
 * the same profile, emptied; a new one. A process that has served a principal never serves another.
 */
import { setImmediate } from 'node:timers/promises'
import type { Logger } from 'pino'
import type { LeaseKind } from '../turn/turn-event.ts'
import type { Conversation } from '../turn/turn.ts'
import type { Introduction } from './claude-code.ts'
import { isBestResumed, resumableLength } from './history.ts'
import type { EngineObserver } from './observer.ts'
import { isSameProfile, type Profile, type ToolMode } from './profile.ts'
import { spentBy } from './recycling.ts'
import { rehearse } from './rehearse.ts'
import { isFor, isUnclaimed, type Member, Roster } from './roster.ts'
import { Starter } from './starter.ts'
import { WarmAhead } from './warm-ahead.ts'
import type { Worker } from './worker.ts'
import type { Earlier, StartWorker } from './worker-factory.ts'

export interface LeaseRequest {
  readonly profile: Profile
  readonly principalId: string
  readonly conversation: Conversation
  /** The digests of the conversation. */
  readonly chain: readonly string[]
  /** The last of its messages that a process has to be started with, to have it as it is; -1 where none is such. */
  readonly lastAltered: number
}

export interface Lease {
  readonly worker: Worker
  readonly introduction: Introduction
  readonly kind: LeaseKind
  /** Gives the worker back. Resolves when its place can be taken by another. */
  release(): Promise<void>
}

export interface PoolOptions {
  readonly startWorker: StartWorker
  /** Most processes at a time, idle ones included. */
  readonly limit: number
  /** Most processes to start ahead for profiles in use. */
  readonly warmAhead: number
  /** Whether processes may be used again. Asked at each release. */
  readonly mayReuse: (toolMode: ToolMode) => boolean
  /** Whether processes may be started with a transcript. */
  readonly mayResume: (toolMode: ToolMode) => boolean
  readonly observer: EngineObserver
  readonly log: Logger
}

/** What telling a process one message again costs, and starting one: whether a held conversation is worth a new process. */
const MESSAGE_MS = 5
const START_MS = 500

export class Pool {
  readonly #options: PoolOptions
  readonly #roster: Roster
  readonly #starter: Starter
  readonly #warmAhead: WarmAhead
  /** Those that have answered and are not idle yet. */
  readonly #recovering = new Map<Member, Promise<void>>()
  readonly #rehearsing = new Set<Member>()
  #closed = false

  constructor(options: PoolOptions) {
    this.#options = options
    this.#roster = new Roster(options)
    this.#starter = new Starter({ ...options, roster: this.#roster, isClosed: () => this.#closed })
    this.#warmAhead = new WarmAhead({
      most: options.warmAhead,
      waiting: () => [...this.#roster.idle].filter(isUnclaimed).map((member) => member.profile),
      isFull: () => this.#roster.isFull,
      start: (profile, signal) => this.warm(profile, signal),
      onError: (error) => options.log.warn({ err: error }, 'no process could be started ahead'),
    })
  }

  /** How many processes are in each state, each counted once; `live` are all that are not gone yet. */
  get counts(): { live: number; starting: number; idle: number; resetting: number; ending: number } {
    const idle = new Set([...this.#roster.idle].map(({ worker }) => worker))
    // Those that rehearse are idle too: whoever needs one takes it.
    const states = [...this.#roster.live.keys()].map((worker) => (idle.has(worker) ? 'idle' : worker.state))
    const count = (state: string): number => states.filter((other) => other === state).length
    return {
      live: states.length,
      starting: count('starting'),
      idle: count('idle'),
      resetting: count('resetting'),
      ending: count('dead'),
    }
  }

  /**
   * A worker that is ready for the turn: empty, or holding what the turn goes on from.
   * @throws TurnFailure `worker_unavailable`, or `aborted`.
   */
  async lease(request: LeaseRequest, signal: AbortSignal): Promise<Lease> {
    const { member, kind } = await this.#find(request, signal)
    member.principalId = request.principalId
    const { worker, introduction } = member
    this.#options.observer.leased(kind)
    return { worker, introduction, kind, release: () => this.#release(member) }
  }

  /** A place for a process that is not the pool's. Gives back what frees it. */
  lend(): Promise<() => void> {
    return this.#roster.lend()
  }

  /** Starts a process that waits for whoever comes first with its profile. */
  async warm(profile: Profile, signal: AbortSignal): Promise<Introduction> {
    for (;;) {
      const starting = this.#starter.tryStart(profile, signal)
      if (starting === undefined) {
        await this.#roster.nextChange(signal)
        continue
      }
      const member = await starting
      this.#roster.putIdle(member)
      // Who waited for it comes first.
      await setImmediate()
      await this.rehearse()
      return member.introduction
    }
  }

  /**
   * Lets idle processes that have had no turn rehearse, once processes may be used again. They stay in their places:
   * whoever has use for one waits for it (and makes it short), and whoever needs its place ends it.
   */
  async rehearse(): Promise<void> {
    for (const member of this.#roster.idle) {
      if (this.#closed) return
      if (member.worker.turns > 0 || !this.#options.mayReuse(member.profile.toolMode)) continue
      this.#rehearsing.add(member)
      const isAwaited = (): boolean => !this.#recovering.has(member)
      const rehearsed = rehearse(member.worker, isAwaited).finally(() => this.#rehearsing.delete(member))
      this.#recovering.set(member, rehearsed)
      await rehearsed
      this.#recovering.delete(member)
      this.#logFault(member.worker)
    }
  }

  /** Ends every process. Resolves when none is left. */
  async close(): Promise<void> {
    this.#closed = true
    this.#warmAhead.close()
    await this.#roster.endAll()
  }

  /** While others are being started the turn waits for them too: the first that is fit for it will do. */
  async #find(request: LeaseRequest, signal: AbortSignal): Promise<{ member: Member; kind: LeaseKind }> {
    for (;;) {
      const held = await this.#reuse(request)
      if (held !== undefined) {
        const kind = isUnclaimed(held) ? 'warm' : held.worker.heldMessages > 0 ? 'continued' : 'reused'
        return { member: held, kind }
      }
      const starting = this.#starter.tryStart(request.profile, signal, this.#earlier(request))
      if (starting === undefined) {
        await this.#roster.nextChange(signal)
        continue
      }
      const started = await starting
      const { fromSpare, heldMessages } = started.worker
      if (this.#hasOthers(started)) this.#wantAhead(request.profile)
      return { member: started, kind: fromSpare ? 'spare' : heldMessages > 0 ? 'resumed' : 'new' }
    }
  }

  /** What a new process is to hold from the beginning. */
  #earlier(request: LeaseRequest): Earlier {
    const { profile, conversation, chain } = request
    const resumable = this.#options.mayResume(profile.toolMode) ? resumableLength(conversation) : 0
    const altered = this.#lastAltered(request)
    const length = altered < resumable ? resumable : conversation.length
    return { conversation: conversation.slice(0, length), chain: chain.slice(0, length), isNeeded: altered >= 0 }
  }

  /** -1 also where nothing helps. */
  #lastAltered({ profile, lastAltered }: LeaseRequest): number {
    return this.#options.mayResume(profile.toolMode) ? lastAltered : -1
  }

  #canContinue({ worker }: Member, request: LeaseRequest): boolean {
    return worker.isContinuedBy(request.chain) && worker.heldMessages > this.#lastAltered(request)
  }

  async #reuse(request: LeaseRequest): Promise<Member | undefined> {
    for (;;) {
      const member = this.#takeIdle(request)
      if (member === undefined) {
        // One that has just answered is fit again within milliseconds; a new process takes half a second.
        const recovered = this.#takeRecovering(request)
        if (recovered === undefined) return undefined
        await recovered
        continue
      }
      const { worker } = member
      if (worker.heldMessages === 0 || worker.isContinuedBy(request.chain)) return member
      if (await this.#resetWorker(worker)) return member
      await this.#roster.end(worker, 'broken')
    }
  }

  #takeIdle(request: LeaseRequest): Member | undefined {
    const own = [...this.#roster.idle].filter(
      (member) => member.worker.isUsable && !this.#rehearsing.has(member) && isFor(member, request),
    )
    const [continuing] = own
      .filter((member) => this.#canContinue(member, request))
      .toSorted((left, right) => right.worker.heldMessages - left.worker.heldMessages)
    const chosen = continuing ?? this.#chooseEmpty(own, request)
    if (chosen !== undefined) this.#roster.takeIdle(chosen)
    return chosen
  }

  /** One that will have to be told the whole conversation. */
  #chooseEmpty(own: readonly Member[], request: LeaseRequest): Member | undefined {
    if (this.#isBestResumed(request) || this.#isContinuedByRecovering(request)) return undefined
    return own.find(({ worker }) => worker.heldMessages === 0) ?? own.find((member) => this.#canGiveUp(member))
  }

  #isBestResumed(request: LeaseRequest): boolean {
    if (!this.#options.mayResume(request.profile.toolMode)) return false
    return this.#lastAltered(request) >= 0 || isBestResumed(resumableLength(request.conversation))
  }

  #isContinuedByRecovering(request: LeaseRequest): boolean {
    return [...this.#recovering.keys()].some((member) => isFor(member, request) && this.#canContinue(member, request))
  }

  /** Each that recovers is waited for by one turn, if there is one by the turn that goes on from what it holds. */
  #takeRecovering(request: LeaseRequest): Promise<void> | undefined {
    const own = [...this.#recovering].filter(([member]) => isFor(member, request))
    const continuing = own.find(([other]) => this.#canContinue(other, request))
    const [member, recovered] = continuing ?? (this.#isBestResumed(request) ? [] : (own[0] ?? []))
    if (member !== undefined) this.#recovering.delete(member)
    return recovered
  }

  /** A long conversation is kept as long as a new process costs less than loading it again and there is room for one. */
  #canGiveUp({ worker }: Member): boolean {
    return this.#roster.isFull || worker.heldMessages * MESSAGE_MS < START_MS
  }

  async #release(member: Member): Promise<void> {
    const { worker, profile } = member
    const isReusable = this.#options.mayReuse(profile.toolMode)
    const reason = this.#closed ? 'shutdown' : isReusable ? spentBy(worker) : 'single_use'
    if (reason !== undefined) return this.#endInUse(member, reason)
    const mustReset = worker.state === 'busy'
    const recovered = worker.recover()
    this.#recovering.set(member, recovered)
    await recovered
    this.#recovering.delete(member)
    this.#logFault(worker)
    if (mustReset) this.#options.observer.reset(worker.isUsable ? 'done' : 'refused')
    if (!worker.isUsable || this.#closed) return this.#endInUse(member, 'broken')
    this.#roster.putIdle(member)
  }

  #endInUse({ worker, profile }: Member, reason: Parameters<Roster['end']>[1]): Promise<void> {
    if (reason !== 'shutdown') this.#wantAhead(profile)
    return this.#roster.end(worker, reason)
  }

  async #resetWorker(worker: Worker): Promise<boolean> {
    const empty = await worker.reset()
    this.#logFault(worker)
    this.#options.observer.reset(empty ? 'done' : 'refused')
    return empty
  }

  #logFault({ fault }: Worker): void {
    if (fault !== undefined && !this.#closed) this.#options.log.warn({ err: fault }, 'a process was given up')
  }

  #wantAhead(profile: Profile): void {
    if (this.#options.mayReuse(profile.toolMode)) this.#warmAhead.want(profile)
  }

  /** Whether there are other processes of its profile. */
  #hasOthers({ worker, profile }: Member): boolean {
    return [...this.#roster.live].some(([other, its]) => other !== worker && isSameProfile(its, profile))
  }
}
