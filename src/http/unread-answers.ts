import type { LiveConfig } from '../config.ts'
import { createBodyRoom, defaultBodyRoom } from './body-room.ts'
import type { Connection } from './connection.ts'

/** Whole answers that wait in memory for whoever reads them. */
export interface UnreadAnswers {
  /**
   * Holds room for one until it is read, which may take no longer than a request may, or its reader is gone. Not for what a
   * model has made: refused, it would be paid for a second time.
   * @throws ApiError `overloaded` when too much waits already
   */
  hold(answer: UnreadAnswer, call: UnreadCall, config: Pick<LiveConfig, 'MAX_BODIES_BYTES' | 'MAX_TIMEOUT'>): void
}

interface UnreadAnswer {
  readonly body: string
  /** Whom it is for. */
  readonly caller: string
}

interface UnreadCall {
  readonly request: Pick<Request, 'method'>
  readonly connection: Pick<Connection, 'cut' | 'onClose'>
}

/** In characters: shorter ones are no burden, however slowly they are read. */
const LONG = 1_000_000

export function createUnreadAnswers(): UnreadAnswers {
  const room = createBodyRoom()
  return {
    hold(
      { body, caller },
      { request, connection },
      { MAX_BODIES_BYTES: most = defaultBodyRoom(), MAX_TIMEOUT: timeoutMs },
    ) {
      if (body.length <= LONG || request.method !== 'GET') return
      const lease = room.open(most, caller)
      lease.take(body.length)
      const timer = setTimeout(() => connection.cut(), timeoutMs).unref()
      connection.onClose(() => {
        clearTimeout(timer)
        lease.release()
      })
    },
  }
}
