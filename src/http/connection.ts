import type { HttpBindings } from '@hono/node-server'
import type { ClientAddress } from './client-address.ts'

/** What the pipeline needs of the connection that a request came over. */
export interface Connection {
  /** The request line's target, before any parsing. */
  readonly target: string
  /** Aborts when the caller leaves before the answer is out: it closed or reset the connection, or sent its FIN. */
  readonly left: AbortSignal
  /** Where it comes from, as `read` finds it; empty for one that came over no network. */
  address(read: ClientAddress): string
  /** `hear` is called when the last byte of the answer has left for its reader, or nobody reads it any more. */
  onClose(hear: () => void): void
  /** Closes it now, unsent bytes and all. */
  cut(): void
}

/** @param bindings Node's own objects; empty for a request that came over no network */
export function connectionOf(request: Request, bindings: Partial<HttpBindings> | undefined): Connection {
  const { incoming, outgoing } = bindings ?? {}
  if (incoming === undefined || outgoing === undefined) {
    const nowhere = { address: () => '', onClose: (hear: () => void) => hear(), cut: () => undefined }
    const url = new URL(request.url)
    return { target: url.pathname + url.search, left: request.signal, ...nowhere }
  }
  // Node closes a connection on FIN only once everything is written, which a caller that does not read can prevent.
  // Not the request's own signal, which the framework makes when it is asked for: two more for each request that is refused.
  const left = new AbortController()
  const onFin = (): void => {
    if (outgoing.writableEnded) return
    left.abort()
    outgoing.destroy()
  }
  incoming.socket.once('end', onFin)
  outgoing.once('close', () => {
    incoming.socket.off('end', onFin)
    if (!outgoing.writableFinished) left.abort()
  })
  return {
    target: incoming.url ?? '',
    left: left.signal,
    address: (read) => read(incoming),
    onClose: (hear) => void (outgoing.closed ? hear() : outgoing.once('close', hear)),
    cut: () => outgoing.destroy(),
  }
}
