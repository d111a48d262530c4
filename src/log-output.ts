import { write, writeSync } from 'node:fs'
import type { DestinationStream } from 'pino'

/** A reader that stalls must not hold requests or memory: beyond this many characters lines are dropped. */
const MAX_UNWRITTEN = 8_000_000
/** When to try again after the reader of a pipe was not ready. */
const READER_PAUSE_MS = 50

/**
 * Writes lines to a file descriptor and never holds anything up: not a request, not the end of the process. What a full
 * disk, a reader that stalls or one that is gone does not take is dropped, and how many lines that were is told by the
 * next one that gets through. Pino's own destination ends the process on such an error, and waits for ever at the end.
 */
export function createLogOutput(fd: number, onDropped: (lines: number) => void = () => undefined): DestinationStream {
  let waiting = ''
  let current = Buffer.alloc(0)
  let state: 'idle' | 'writing' | 'pausing' = 'idle'
  let dropped = 0

  const drop = (lines: number): void => {
    dropped += lines
    onDropped(lines)
  }
  const next = (): void => {
    if (current.length === 0) {
      current = Buffer.from(waiting)
      waiting = ''
    }
    if (current.length === 0) return void (state = 'idle')
    state = 'writing'
    write(fd, current, (error, written) => {
      if (error?.code === 'EAGAIN') {
        state = 'pausing'
        setTimeout(next, READER_PAUSE_MS).unref()
        return
      }
      if (error !== null) drop(countLines(current))
      current = current.subarray(error === null ? written : current.length)
      next()
    })
  }
  // Once, and without waiting: what is being written at this moment is on its way already.
  process.once('exit', () => {
    const rest = Buffer.concat([state === 'writing' ? Buffer.alloc(0) : current, Buffer.from(waiting)])
    try {
      if (rest.length > 0) writeSync(fd, rest)
    } catch {
      // There is nobody left to tell.
    }
  })
  return {
    write: (line) => {
      if (waiting.length + line.length > MAX_UNWRITTEN) {
        drop(1)
        return
      }
      if (dropped > 0) {
        waiting += `${JSON.stringify({ level: 40, time: new Date().toISOString(), dropped, msg: 'log lines were lost' })}\n`
        dropped = 0
      }
      waiting += line
      if (state === 'idle') next()
    },
  }
}

function countLines(bytes: Buffer): number {
  return bytes.reduce((lines, byte) => (byte === 0x0a ? lines + 1 : lines), 0)
}
