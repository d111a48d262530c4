/**
 * Which process works on a turn. In order of preference: the idle one that holds this very conversation; an idle one of
 * the same profile, emptied; a new one. A process that has served a principal never serves another.
 */
import { TurnFailure } from '../turn/turn-failure.ts'
import { isSafeVersion, OLDEST_SAFE_VERSION } from './binary.ts'
import type { Introduction } from './claude-code.ts'
import type { EndReason, EngineObserver } from './observer.ts'
import { residentBytes } from './resident-bytes.ts'
import type { Worker } from './worker.ts'
import type { Profile, StartWorker } from './worker-factory.ts'

export interface LeaseRequest {
  readonly profile: Profile
  readonly principalId: string
  /** The digests of the turn's conversation. */
  readonly chain: readonly string[]
}

export interface Lease {
  readonly worker: Worker
  readonly introduction: Introduction
  /** Gives the worker back. Resolves when its place can be taken by another. */
  release(): Promise<void>
}

export interface PoolOptions {
  readonly startWorker: StartWorker
  /** Most processes at a time, idle ones included. */
  readonly limit: number
  /** Whether processes may be used again. Asked at each release. */
  readonly mayReuse: () => boolean
  readonly observer: EngineObserver
}

/** When a process is ended between two turns. */
const OLDEST_MS = 3_600_000
const MOST_TURNS = 500
const MOST_RESIDENT_BYTES = 400 * 1024 * 1024
/** How long an idle process is kept. */
const LONGEST_IDLE_MS = 600_000
/** What loading one message again costs, and starting a process: whether a held conversation is worth a new process. */
const MESSAGE_MS = 10
const START_MS = 500

interface Entry {
  readonly worker: Worker
  readonly introduction: Introduction
  readonly profile: Profile
  /** Undefined until it has served a turn. */
  principalId: string | undefined
  idleSince: number
}

export class Pool {
  readonly #options: PoolOptions
  /** Every process that is not gone yet. */
  readonly #live = new Set<Worker>()
  /** Longest idle first. */
  readonly #idle = new Set<Entry>()
  /** Those that have answered and are not idle yet. */
  readonly #recovering = new Map<Entry, Promise<void>>()
  readonly #ending = new Set<Promise<void>>()
  readonly #sweeper: NodeJS.Timeout
  /** Places of processes that are about to be started. */
  #reserved = 0
  #closed = false

  constructor(options: PoolOptions) {
    this.#options = options
    this.#sweeper = setInterval(() => this.#endForgotten(), 30_000)
    this.#sweeper.unref()
  }

  /** Processes that are not gone yet, those that are ending included. */
  get live(): number {
    return this.#live.size
  }

  get idle(): number {
    return this.#idle.size
  }

  /**
   * A worker that is ready for the turn: empty, or holding what the turn goes on from.
   * @throws TurnFailure `worker_unavailable`, or `aborted`.
   */
  async lease(request: LeaseRequest, signal: AbortSignal): Promise<Lease> {
    const held = await this.#reuse(request)
    if (held !== undefined) this.#options.observer.leased(held.worker.heldMessages > 0 ? 'continued' : 'reused')
    const entry = held ?? (await this.#start(request.profile, signal))
    if (held === undefined) this.#options.observer.leased(entry.worker.fromSpare ? 'spare' : 'new')
    entry.principalId = request.principalId
    return { worker: entry.worker, introduction: entry.introduction, release: () => this.#release(entry) }
  }

  /** Starts a process that waits for whoever comes first with its profile. */
  async warm(profile: Profile, signal: AbortSignal): Promise<Introduction> {
    const entry = await this.#start(profile, signal)
    this.#idle.add(entry)
    return entry.introduction
  }

  /** Ends every process. Resolves when none is left. */
  async close(): Promise<void> {
    this.#closed = true
    clearInterval(this.#sweeper)
    this.#idle.clear()
    await Promise.all([...this.#live].map((worker) => this.#end(worker, 'shutdown')))
  }

  async #reuse(request: LeaseRequest): Promise<Entry | undefined> {
    for (;;) {
      const entry = this.#takeIdle(request)
      if (entry === undefined) {
        // One that has just answered is fit again within milliseconds; a new process takes half a second.
        const recovered = this.#takeRecovering(request)
        if (recovered === undefined) return undefined
        await recovered
        continue
      }
      if (entry.worker.heldMessages === 0 || entry.worker.isContinuedBy(request.chain)) return entry
      if (await this.#resetWorker(entry.worker)) return entry
      await this.#end(entry.worker, 'broken')
    }
  }

  #takeIdle({ profile, principalId, chain }: LeaseRequest): Entry | undefined {
    const own = [...this.#idle].filter((entry) => entry.worker.isUsable && isFor(entry, profile, principalId))
    const [continuing] = own
      .filter((entry) => entry.worker.isContinuedBy(chain))
      .toSorted((left, right) => right.worker.heldMessages - left.worker.heldMessages)
    const chosen =
      continuing ?? own.find((entry) => entry.worker.heldMessages === 0) ?? own.find((entry) => this.#canGiveUp(entry))
    if (chosen !== undefined) this.#idle.delete(chosen)
    return chosen
  }

  /** Each that recovers is waited for by one turn. */
  #takeRecovering({ profile, principalId }: LeaseRequest): Promise<void> | undefined {
    for (const [entry, recovered] of this.#recovering) {
      if (!isFor(entry, profile, principalId)) continue
      this.#recovering.delete(entry)
      return recovered
    }
    return undefined
  }

  /** A long conversation is kept as long as a new process costs less than loading it again and there is room for one. */
  #canGiveUp({ worker }: Entry): boolean {
    return this.#live.size >= this.#options.limit || worker.heldMessages * MESSAGE_MS < START_MS
  }

  async #start(profile: Profile, signal: AbortSignal): Promise<Entry> {
    await this.#reserve()
    const worker = await this.#startWorker(profile)
    try {
      if (this.#closed) throw new TurnFailure('draining', 'shutting down')
      const introduction = await worker.ready(signal)
      this.#options.observer.started((performance.now() - worker.startedAt) / 1000)
      requireSafeVersion(introduction)
      const entry = { worker, introduction, profile, principalId: undefined, idleSince: performance.now() }
      void worker.exited.then(() => (this.#idle.delete(entry) ? this.#end(worker, 'broken') : undefined))
      return entry
    } catch (error) {
      await this.#end(worker, 'broken')
      throw error
    }
  }

  async #startWorker(profile: Profile): Promise<Worker> {
    try {
      const worker = await this.#options.startWorker(profile)
      this.#live.add(worker)
      return worker
    } catch (error) {
      throw new TurnFailure('worker_unavailable', 'no process could be started', { cause: error })
    } finally {
      this.#reserved -= 1
    }
  }

  /** Idle processes make room, the longest idle first. Whoever holds a slot finds a place: there are as many as slots. */
  async #reserve(): Promise<void> {
    while (this.#live.size + this.#reserved >= this.#options.limit) {
      const [oldest] = this.#idle
      if (oldest !== undefined) {
        this.#idle.delete(oldest)
        await this.#end(oldest.worker, 'room')
      } else if (this.#ending.size > 0) await Promise.race(this.#ending)
      else break
    }
    this.#reserved += 1
  }

  async #release(entry: Entry): Promise<void> {
    const { worker } = entry
    const reason = this.#closed ? 'shutdown' : this.#options.mayReuse() ? spentBy(worker) : 'single_use'
    if (reason !== undefined) return this.#end(worker, reason)
    const mustReset = worker.state === 'busy'
    const recovered = worker.recover()
    this.#recovering.set(entry, recovered)
    await recovered
    this.#recovering.delete(entry)
    if (mustReset) this.#options.observer.reset(worker.isUsable ? 'done' : 'refused')
    if (!worker.isUsable || this.#closed) return this.#end(worker, 'broken')
    entry.idleSince = performance.now()
    this.#idle.add(entry)
  }

  async #resetWorker(worker: Worker): Promise<boolean> {
    const empty = await worker.reset()
    this.#options.observer.reset(empty ? 'done' : 'refused')
    return empty
  }

  #end(worker: Worker, reason: EndReason): Promise<void> {
    if (this.#live.has(worker) && worker.state !== 'dead') this.#options.observer.ended(reason)
    const gone = worker.end().finally(() => {
      this.#live.delete(worker)
      this.#ending.delete(gone)
    })
    this.#ending.add(gone)
    return gone
  }

  #endForgotten(): void {
    const now = performance.now()
    for (const entry of this.#idle) {
      if (entry.worker.isUsable && now - entry.idleSince < LONGEST_IDLE_MS) continue
      this.#idle.delete(entry)
      void this.#end(entry.worker, entry.worker.isUsable ? 'idle' : 'broken')
    }
  }
}

/** A process is for its first principal, and for nobody else after it. */
function isFor(entry: Entry, profile: Profile, principalId: string): boolean {
  const { model, system } = entry.profile
  return model === profile.model && system === profile.system && (entry.principalId ?? principalId) === principalId
}

/** Why a process is not to serve another turn. */
function spentBy({ turns, startedAt, pid }: Worker): EndReason | undefined {
  if (turns >= MOST_TURNS) return 'turns'
  if (performance.now() - startedAt > OLDEST_MS) return 'age'
  return pid !== undefined && residentBytes(pid) > MOST_RESIDENT_BYTES ? 'memory' : undefined
}

function requireSafeVersion({ version }: Introduction): void {
  if (version !== undefined && isSafeVersion(version)) return
  throw new TurnFailure(
    'worker_unavailable',
    `Claude Code ${version ?? 'of an unknown version'} is older than ${OLDEST_SAFE_VERSION}`,
  )
}
