import { availableParallelism, freemem } from 'node:os'

/** A process takes up to 300 MB after many turns (measured, 2.1.330). */
const BYTES_PER_WORKER = 300 * 1024 * 1024
const WORKERS_PER_CORE = 4

/** How many processes fit on this machine: 4 per core, bounded by free memory, at least 1. */
export function defaultWorkerLimit(cores: number = availableParallelism(), freeBytes: number = freemem()): number {
  return Math.max(1, Math.min(cores * WORKERS_PER_CORE, Math.floor(freeBytes / BYTES_PER_WORKER)))
}
