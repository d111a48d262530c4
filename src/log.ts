/**
 * One event a line, as JSON, or readable on a terminal. Secrets are taken out of the finished line, whatever the level
 * and wherever they stand: in a field, in a message, in an error's cause, in JSON inside a string.
 */
import { write, writeSync } from 'node:fs'
import { pino, type DestinationStream, type LevelWithSilent, type Logger as PinoLogger } from 'pino'
import pretty from 'pino-pretty'

export type Logger = PinoLogger

export interface LoggerOptions {
  readonly level: LevelWithSilent
  /** Readable for people instead of JSON for programs. */
  readonly pretty: boolean
  /** Values that must never be written, such as the configured key. */
  readonly secrets?: readonly string[]
  /** Where lines go; standard output when absent. */
  readonly stream?: DestinationStream
}

/** A reader that stalls must not hold requests or memory: beyond this many characters lines are dropped. */
const MAX_UNWRITTEN = 8_000_000
/** When to try again after the reader of a pipe was not ready. */
const READER_PAUSE_MS = 50
const HIDDEN = '[redacted]'
/** Shorter ones would tear up ordinary words. */
const MIN_SECRET = 6

const NAME = String.raw`(?:[\w-]*(?:api[_-]?key|authorization|cookie|password|secret)|(?:[\w-]*[_-])?token)`
const IN_TEXT: readonly (readonly [RegExp, string])[] = [
  [/\bsk-[\w-]{8,}/g, HIDDEN],
  [/\b(bearer|basic)(\s+)[\w.~+/=-]{6,}/gi, `$1$2${HIDDEN}`],
  // A field of the line itself, then one of JSON that stands in a string: its quotes are escaped.
  [new RegExp(String.raw`("${NAME}"\s*:\s*)(?:"(?:[^"\\]|\\.)*"|\[[^\]]*\])`, 'gi'), `$1"${HIDDEN}"`],
  [new RegExp(String.raw`(\\+")(${NAME})\1(\s*:\s*)\1(?:(?!\1).)*\1`, 'gi'), `$1$2$1$3$1${HIDDEN}$1`],
  [new RegExp(String.raw`\b(${NAME})(=)[^\s&"'\\,;]+`, 'gi'), `$1$2${HIDDEN}`],
]

export function createLogger(options: LoggerOptions): Logger {
  const scrub = createScrubber(options.secrets ?? [])
  return pino(
    { level: options.level, base: null, timestamp: pino.stdTimeFunctions.isoTime, hooks: { streamWrite: scrub } },
    streamFor(options),
  )
}

function streamFor({ pretty: isPretty, stream }: LoggerOptions): DestinationStream {
  // Asking for standard output puts a pipe into the mode in which a write never waits for its reader.
  const output = stream ?? createLogOutput(process.stdout.fd)
  if (!isPretty) return output
  const format = pretty.prettyFactory({ colorize: stream === undefined && pretty.isColorSupported })
  return { write: (line) => output.write(format(line)) }
}

/**
 * Writes lines to a file descriptor and never holds anything up: not a request, not the end of the process. What a full
 * disk, a reader that stalls or one that is gone does not take is dropped, and how many lines that were is told by the
 * next one that gets through. Pino's own destination ends the process on such an error, and waits for ever at the end.
 */
export function createLogOutput(fd: number): DestinationStream {
  let waiting = ''
  let current = Buffer.alloc(0)
  let state: 'idle' | 'writing' | 'pausing' = 'idle'
  let dropped = 0

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
      if (error !== null) dropped += countLines(current)
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
        dropped += 1
        return
      }
      if (dropped > 0 && state === 'idle') {
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

function createScrubber(secrets: readonly string[]): (line: string) => string {
  const known = secrets
    .filter((secret) => secret.length >= MIN_SECRET)
    .map((secret) => JSON.stringify(secret).slice(1, -1))
  return (line) => {
    const withoutKnown = known.reduce((text, secret) => text.replaceAll(secret, HIDDEN), line)
    return IN_TEXT.reduce((text, [pattern, replacement]) => text.replace(pattern, replacement), withoutKnown)
  }
}
