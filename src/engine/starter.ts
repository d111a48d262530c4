/** How a process gets from nothing to a member of the roster: a few at a time, each in its place, until it is ready. */
import { availableParallelism } from 'node:os'
import { TurnFailure } from '../turn/turn-failure.ts'
import { requireSafeVersion } from './binary.ts'
import type { EngineObserver } from './observer.ts'
import type { Member, Roster } from './roster.ts'
import { StartGate, type StartPermit } from './start-gate.ts'
import type { Worker } from './worker.ts'
import type { Profile } from './profile.ts'
import type { Earlier, StartWorker } from './worker-factory.ts'

export interface StarterOptions {
  readonly roster: Roster
  readonly startWorker: StartWorker
  readonly observer: Pick<EngineObserver, 'started'>
  readonly isClosed: () => boolean
}

/** How long a start goes on for others when the turn that it was for has left. */
const LINGER_MS = 2000

export class Starter {
  readonly #options: StarterOptions
  readonly #gate = new StartGate({ atOnce: Math.max(2, availableParallelism()) })

  constructor(options: StarterOptions) {
    this.#options = options
  }

  /**
   * A process that is ready, and nobody else's. One whose turn leaves meanwhile waits among the idle for another.
   * @returns undefined, at once, while enough others are being started; the roster's next change may make room
   * @throws TurnFailure `worker_unavailable`, `draining` or `aborted`
   */
  tryStart(profile: Profile, signal: AbortSignal, earlier?: Earlier): Promise<Member> | undefined {
    if (this.#options.isClosed()) throw new TurnFailure('draining', 'shutting down')
    const permit = this.#gate.tryEnter()
    return permit === undefined ? undefined : this.#startWith(permit, profile, signal, earlier)
  }

  async #startWith(
    permit: StartPermit,
    profile: Profile,
    signal: AbortSignal,
    earlier: Earlier | undefined,
  ): Promise<Member> {
    const { roster } = this.#options
    try {
      const member = await this.#start(profile, lingering(signal), earlier)
      permit.succeeded()
      if (!signal.aborted) return member
      await this.#keepForOthers(member)
      throw new TurnFailure('aborted', 'left before its process was ready')
    } catch (error) {
      if (error instanceof TurnFailure && error.kind === 'worker_unavailable') permit.failed()
      throw error
    } finally {
      permit.abandoned()
      roster.notify()
    }
  }

  async #start(profile: Profile, signal: AbortSignal, earlier: Earlier | undefined): Promise<Member> {
    const { roster, startWorker, observer, isClosed } = this.#options
    const worker = await roster
      .admit(profile, () => startWorker(profile, earlier))
      .catch((error: unknown): never => {
        throw new TurnFailure('worker_unavailable', 'no process could be started', { cause: error })
      })
    try {
      if (isClosed()) throw new TurnFailure('draining', 'shutting down')
      const introduction = await worker.ready(signal)
      observer.started((performance.now() - worker.startedAt) / 1000)
      requireSafeVersion(introduction.version)
      return { worker, introduction, profile, principalId: undefined, idleSince: performance.now() }
    } catch (error) {
      await roster.end(worker, 'broken')
      throw error
    }
  }

  async #keepForOthers(member: Member): Promise<void> {
    const { roster, isClosed } = this.#options
    const isEmpty = member.worker.heldMessages === 0 || (await member.worker.reset())
    if (isEmpty && !isClosed()) roster.putIdle(member)
    else await roster.end(member.worker, endReason(member.worker))
  }
}

function endReason(worker: Worker): 'shutdown' | 'broken' {
  return worker.isUsable ? 'shutdown' : 'broken'
}

/** Aborts some time after the other. */
function lingering(signal: AbortSignal): AbortSignal {
  const late = new AbortController()
  const abortLater = (): void => {
    setTimeout(() => late.abort(), LINGER_MS).unref()
  }
  if (signal.aborted) abortLater()
  else signal.addEventListener('abort', abortLater, { once: true })
  return late.signal
}
