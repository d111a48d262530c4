import { availableParallelism, freemem } from 'node:os'

/** A process takes up to 300 MB after many turns (measured, 2.1.330). */
const BYTES_PER_WORKER = 300 * 1024 * 1024
const WORKERS_PER_CORE = 4

/**
 * How many processes fit here: 4 per core, bounded by memory, at least 1.
 * @param freeBytes of the machine
 * @param allowedBytes of the container or service; 0 where there is no bound
 */
export function defaultWorkerLimit(
  cores: number = availableParallelism(),
  freeBytes: number = freemem(),
  allowedBytes: number = process.constrainedMemory(),
): number {
  const bytes = allowedBytes > 0 ? Math.min(freeBytes, allowedBytes) : freeBytes
  return Math.max(1, Math.min(cores * WORKERS_PER_CORE, Math.floor(bytes / BYTES_PER_WORKER)))
}
