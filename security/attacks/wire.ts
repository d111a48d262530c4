/** Requests as bytes over a plain connection: HTTP clients refuse to send most of what an attacker sends. */
import { once } from 'node:events'
import { connect } from 'node:net'

export interface Address {
  readonly host: string
  readonly port: number
}

export interface Answer {
  /** 0 when the server closed the connection without an answer. */
  readonly status: number
  /** By their lower-case names; of several of a name, all with commas between them. */
  readonly headers: ReadonlyMap<string, string>
  readonly body: string
  /** How many answers came on the connection. */
  readonly count: number
  /** All that came. */
  readonly text: string
  /** Whether the server closed the connection. */
  readonly isClosed: boolean
  readonly ms: number
}

export interface ExchangeOptions {
  /** Ends it when nothing came for so long after something had come. Default: it ends when the server closes. */
  readonly quietMs?: number
  /** Ends it in any case. Default 10 s. */
  readonly timeoutMs?: number
  /** Sent piece by piece, as fast as it is taken, after the bytes. It ends with the connection. */
  readonly andThen?: () => AsyncIterable<string | Uint8Array>
}

/** Sends bytes and gives back what comes for them. Never rejects: that nothing came is an answer too. */
export function exchange(
  { host, port }: Address,
  bytes: string | Uint8Array,
  { quietMs, timeoutMs = 10_000, andThen }: ExchangeOptions = {},
): Promise<Answer> {
  const began = performance.now()
  const pieces: Buffer[] = []
  return new Promise((resolve) => {
    const socket = connect({ host, port, allowHalfOpen: true })
    let quiet: NodeJS.Timeout | undefined
    let isClosed = false
    const deadline = setTimeout(() => socket.destroy(), timeoutMs)
    socket.on('connect', () => {
      socket.write(bytes)
      if (andThen !== undefined) pour(andThen(), socket).catch(() => undefined)
    })
    socket.on('data', (piece) => {
      pieces.push(piece)
      clearTimeout(quiet)
      if (quietMs !== undefined) quiet = setTimeout(() => socket.destroy(), quietMs)
    })
    socket.on('error', () => (isClosed = true))
    socket.on('end', () => {
      isClosed = true
      socket.destroy()
    })
    socket.on('close', () => {
      clearTimeout(deadline)
      clearTimeout(quiet)
      resolve(readAnswer(Buffer.concat(pieces), isClosed, performance.now() - began))
    })
  })
}

async function pour(pieces: AsyncIterable<string | Uint8Array>, socket: ReturnType<typeof connect>): Promise<void> {
  for await (const piece of pieces) {
    if (socket.destroyed) return
    if (socket.write(piece)) continue
    const other = new AbortController()
    const first = Promise.race(['drain', 'close'].map((event) => once(socket, event, { signal: other.signal })))
    await first.finally(() => other.abort())
  }
}

function readAnswer(bytes: Buffer, isClosed: boolean, ms: number): Answer {
  const text = bytes.toString('utf8')
  const end = bytes.indexOf('\r\n\r\n')
  const [line = '', ...lines] = bytes
    .subarray(0, end === -1 ? bytes.length : end)
    .toString('latin1')
    .split('\r\n')
  const headers = new Map<string, string>()
  for (const header of lines) {
    const [name = '', value = ''] = header.split(/: ?(.*)/s)
    const before = headers.get(name.toLowerCase())
    headers.set(name.toLowerCase(), before === undefined ? value : `${before}, ${value}`)
  }
  const rest = end === -1 ? Buffer.alloc(0) : bytes.subarray(end + 4)
  const isChunked = headers.get('transfer-encoding') === 'chunked'
  return {
    status: Number(/^HTTP\/1\.1 (\d{3})/.exec(line)?.[1] ?? 0),
    headers,
    body: (isChunked ? joinChunks(rest) : rest).toString('utf8'),
    count: text.match(/HTTP\/1\.1 \d{3}/g)?.length ?? 0,
    text,
    isClosed,
    ms,
  }
}

function joinChunks(bytes: Buffer): Buffer {
  const chunks: Buffer[] = []
  for (let at = 0; at < bytes.length;) {
    const line = bytes.indexOf('\r\n', at)
    const size = line === -1 ? 0 : Number.parseInt(bytes.toString('latin1', at, line), 16)
    if (!(size > 0)) break
    chunks.push(bytes.subarray(line + 2, line + 2 + size))
    at = line + 2 + size + 2
  }
  return Buffer.concat(chunks)
}
