/** Notices, from a thread of its own, that the server is held up by its own work, and finds out what by. */
import { url as debuggerUrl } from 'node:inspector'
import { Worker } from 'node:worker_threads'

export interface Held {
  readonly heldMs: number
  /** What was being run, innermost first; empty where nobody could tell. */
  readonly stack: string
}

export interface WatchdogData {
  /** Goes up as long as the event loop turns. */
  readonly beats: Int32Array
  readonly timeoutMs: number
  readonly pollMs: number
}

export interface WatchdogOptions {
  /** How long the event loop may be held; 0 for any time. */
  readonly timeoutMs: number
  /** Told when it turns again. */
  readonly onHeld: (held: Held) => void
  /** Told when there is no watchdog any more. Without it the server works as well. */
  readonly onError: (error: unknown) => void
}

/** Two looks a second cost some thousandths of a core; the thread takes 7 MB of memory. */
const MOST_POLL_MS = 500

/** Runs until the process ends, which it does not keep from ending. */
export function startWatchdog({ timeoutMs, onHeld, onError }: WatchdogOptions): void {
  // A thread cannot load TypeScript by itself; and whoever debugs holds the server up on purpose.
  if (timeoutMs === 0 || import.meta.url.endsWith('.ts') || debuggerUrl() !== undefined) return
  const pollMs = Math.min(MOST_POLL_MS, timeoutMs / 2)
  const beats = new Int32Array(new SharedArrayBuffer(Int32Array.BYTES_PER_ELEMENT))
  const data: WatchdogData = { beats, timeoutMs, pollMs }
  const worker = new Worker(new URL('./watchdog-thread.js', import.meta.url), {
    workerData: data,
    resourceLimits: { maxOldGenerationSizeMb: 32 },
  })
  worker.unref()
  worker.on('message', onHeld)
  worker.on('error', onError)
  setInterval(() => Atomics.add(beats, 0, 1), pollMs).unref()
}
