/** What is under way on each connection, and what may no longer happen there because of it. */
import type { IncomingMessage, ServerResponse } from 'node:http'
import type { Socket } from 'node:net'
import type { Duplex } from 'node:stream'

/** Hardly any client pipelines. Each answer is kept until the ones before it are read, so there have to be few. */
const MOST_AT_ONCE = 50

/** What a caller whose request is not read to its end gets to close the connection itself. */
const LINGER_MS = 1000

export interface ConnectionWatch {
  /** Notes a connection. From now on it is not closed under a caller that still sends: that would wipe out its answer. */
  open(socket: Socket): void
  /** Notes a request. False: too many wait on its connection already. */
  begin(incoming: IncomingMessage, outgoing: ServerResponse): boolean
  /**
   * Whether bytes that cannot be read may get an answer. Not in the middle of another one, and not when they belong to a
   * request that has its answer already: whoever shares the connection would take a second one for that of the next request.
   */
  mayAnswer(socket: Duplex): boolean
  /** Whether a request waits for its answer. */
  isBusy(socket: Duplex): boolean
  /**
   * From now on every connection ends with the last of its answers, and at once if it waits for none. Node's own way takes
   * an answer for over while its bytes still wait for a slow reader, and cuts it.
   */
  end(): void
}

interface Watched {
  readonly answers: Set<ServerResponse>
  latest?: { readonly incoming: IncomingMessage; readonly outgoing: ServerResponse }
}

export function createConnectionWatch(): ConnectionWatch {
  const connections = new WeakMap<Duplex, Watched>()
  const sockets = new Set<Socket>()
  let isEnding = false
  return {
    open(socket) {
      sockets.add(socket)
      socket.once('close', () => sockets.delete(socket))
      const closeAtOnce = socket.destroySoon.bind(socket)
      socket.destroySoon = () => {
        if (connections.get(socket)?.latest?.incoming.complete ?? true) closeAtOnce()
        else endSoon(socket)
      }
    },
    begin(incoming, outgoing) {
      const watched: Watched = connections.get(incoming.socket) ?? { answers: new Set() }
      connections.set(incoming.socket, watched)
      watched.latest = { incoming, outgoing }
      watched.answers.add(outgoing)
      outgoing.once('close', () => {
        watched.answers.delete(outgoing)
        if (isEnding && watched.answers.size === 0) incoming.socket.destroySoon()
      })
      return watched.answers.size <= MOST_AT_ONCE
    },
    mayAnswer(socket) {
      const { answers = new Set<ServerResponse>(), latest } = connections.get(socket) ?? {}
      if ([...answers].some((outgoing) => outgoing.headersSent)) return false
      return latest === undefined || latest.incoming.complete || !latest.outgoing.headersSent
    },
    isBusy: (socket) => isBusy(connections.get(socket)),
    end() {
      isEnding = true
      for (const socket of sockets) if (!isBusy(connections.get(socket))) socket.destroySoon()
    },
  }
}

/** Time to read the answer; a caller that never closes its side must not keep the connection for ever. */
export function endSoon(socket: Duplex, text = ''): void {
  socket.end(text)
  const patience = setTimeout(() => socket.destroy(), LINGER_MS)
  socket.once('close', () => clearTimeout(patience))
}

function isBusy(watched: Watched | undefined): boolean {
  return watched !== undefined && watched.answers.size > 0
}
