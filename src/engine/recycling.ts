import type { EndReason } from './observer.ts'
import { residentBytes } from './resident-bytes.ts'
import type { Worker } from './worker.ts'

/** When a process is ended between two turns, and a fresh one takes its place. */
const OLDEST_MS = 3_600_000
const MOST_TURNS = 500
const MOST_RESIDENT_BYTES = 400 * 1024 * 1024

type Spent = Pick<Worker, 'turns' | 'startedAt'> & { readonly child: Pick<Worker['child'], 'pid'> }

/** Why a process is not to serve another turn. */
export function spentBy({ turns, startedAt, child: { pid } }: Spent): EndReason | undefined {
  if (turns >= MOST_TURNS) return 'turns'
  if (performance.now() - startedAt > OLDEST_MS) return 'age'
  return pid !== undefined && residentBytes(pid) > MOST_RESIDENT_BYTES ? 'memory' : undefined
}
