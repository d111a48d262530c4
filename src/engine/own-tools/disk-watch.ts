/**
 * Ends what writes to the disk before that is full: nothing bounds how much commands write, and the database, the journal and
 * all other turns write to the same disk.
 */
import { statfs } from 'node:fs/promises'
import { TurnFailure } from '../../turn/turn-failure.ts'

export interface DiskWatch {
  /** Aborts, with a TurnFailure, when there is too little room. */
  readonly signal: AbortSignal
  close(): void
}

export interface DiskWatchOptions {
  /** Bytes that stay free; 0 for none. */
  readonly leastFree: number
  readonly freeAt?: (path: string) => Promise<number>
  readonly everyMs?: number
}

/** A fast disk takes half a gigabyte meanwhile. */
const EVERY_MS = 250

/** @throws TurnFailure where there is too little room already */
export async function watchDisk(paths: readonly string[], options: DiskWatchOptions): Promise<DiskWatch> {
  const { leastFree, freeAt = freeBytes, everyMs = EVERY_MS } = options
  const full = new AbortController()
  const isFull = async (): Promise<boolean> => {
    const free = await Promise.all(paths.map((path) => freeAt(path).catch(() => Infinity)))
    return free.some((bytes) => bytes < leastFree)
  }
  if (leastFree === 0) return { signal: full.signal, close: () => undefined }
  if (await isFull()) throw tooLittleRoom()
  const timer = setInterval(() => {
    void isFull().then((is) => {
      if (is) full.abort(tooLittleRoom())
    })
  }, everyMs).unref()
  return { signal: full.signal, close: () => clearInterval(timer) }
}

function tooLittleRoom(): TurnFailure {
  return new TurnFailure('worker_unavailable', 'there is too little room on the disk: see TOOLS_MIN_FREE_BYTES')
}

async function freeBytes(path: string): Promise<number> {
  const { bavail, bsize } = await statfs(path)
  return bavail * bsize
}
