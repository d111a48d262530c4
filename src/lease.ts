/**
 * A row that one request at a time may write: it names its writer, and until when others have to leave it alone. The writer
 * renews that. When its server dies the lease ends by itself, and at once for others on the same machine, who see that the process is gone.
 */
import { isGone } from './instance.ts'

/** For a server that was held up; and what others wait for when a server on another machine has died. */
export const LEASE_MS = 30_000

/** The name of a request as a writer. Both names are without slashes. */
export function writerName(instance: string, requestId: string): string {
  return `${instance}/${requestId}`
}

export interface LeasedRow {
  readonly writer: string | null
  /** In milliseconds since 1970. */
  readonly writerUntil: number
}

/** Whether somebody may still write it. */
export function isHeld({ writer, writerUntil }: LeasedRow, now: number): boolean {
  return writer !== null && writerUntil > now && !isGone(writer.split('/', 1)[0] ?? '')
}

export interface HoldingLease {
  readonly leaseMs: number
  /** @returns whether the row still names this writer */
  readonly renew: (until: number) => Promise<boolean>
  /** Told when a renewal fails. The next one may do. */
  readonly onError: (error: unknown) => void
}

export interface Lease {
  /** Ended, or the row names another one. */
  readonly isOver: boolean
  end(): void
}

/** Renews until it is over. */
export function holdLease({ leaseMs, renew, onError }: HoldingLease): Lease {
  let isOver = false
  const end = (): void => {
    isOver = true
    clearInterval(renewing)
  }
  const renewOnce = async (): Promise<void> => {
    if (!(await renew(Date.now() + leaseMs))) end()
  }
  const renewing = setInterval(() => void renewOnce().catch(onError), leaseMs / 3).unref()
  return {
    get isOver() {
      return isOver
    },
    end,
  }
}
