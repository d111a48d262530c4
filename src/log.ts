/**
 * One event a line, as JSON, or readable on a terminal. Secrets are taken out of the finished line, whatever the level
 * and wherever they stand: in a field, in a message, in an error's cause, in JSON inside a string.
 */
import { pino, type DestinationStream, type LevelWithSilent, type Logger as PinoLogger } from 'pino'
import pretty from 'pino-pretty'
import { createLogOutput } from './log-output.ts'

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

function createScrubber(secrets: readonly string[]): (line: string) => string {
  const known = secrets
    .filter((secret) => secret.length >= MIN_SECRET)
    .map((secret) => JSON.stringify(secret).slice(1, -1))
  return (line) => {
    const withoutKnown = known.reduce((text, secret) => text.replaceAll(secret, HIDDEN), line)
    return IN_TEXT.reduce((text, [pattern, replacement]) => text.replace(pattern, replacement), withoutKnown)
  }
}
