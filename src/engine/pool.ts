/** Which process works on a turn. A process serves one turn and is ended after it. */
import { TurnFailure } from '../turn/turn-failure.ts'
import { isSafeVersion, OLDEST_SAFE_VERSION } from './binary.ts'
import type { Introduction } from './claude-code.ts'
import type { Worker } from './worker.ts'
import type { Profile, StartWorker } from './worker-factory.ts'

export interface Pool {
  /**
   * A worker that is ready for a turn of this profile.
   * @throws TurnFailure `worker_unavailable`, or `aborted`.
   */
  lease(profile: Profile, signal: AbortSignal): Promise<Lease>
  /** Processes that are not gone yet, those that are ending included. */
  readonly live: number
  /** Ends every process. Resolves when none is left. */
  close(): Promise<void>
}

export interface Lease {
  readonly worker: Worker
  readonly introduction: Introduction
  /** Gives the worker back. Resolves when its place can be taken by another. */
  release(): Promise<void>
}

export function createPool(startWorker: StartWorker): Pool {
  const workers = new Set<Worker>()
  const end = async (worker: Worker): Promise<void> => {
    await worker.end()
    workers.delete(worker)
  }
  return {
    lease: async (profile, signal) => {
      const worker = await startWorker(profile).catch((error: unknown): never => {
        throw new TurnFailure('worker_unavailable', 'no process could be started', { cause: error })
      })
      workers.add(worker)
      try {
        const introduction = await worker.ready(signal)
        requireSafeVersion(introduction)
        return { worker, introduction, release: () => end(worker) }
      } catch (error) {
        await end(worker)
        throw error
      }
    },
    get live() {
      return workers.size
    },
    close: async () => {
      await Promise.all([...workers].map(end))
    },
  }
}

function requireSafeVersion({ version }: Introduction): void {
  if (version !== undefined && isSafeVersion(version)) return
  throw new TurnFailure(
    'worker_unavailable',
    `Claude Code ${version ?? 'of an unknown version'} is older than ${OLDEST_SAFE_VERSION}`,
  )
}
