/**
 * One event a line, as JSON, or readable on a terminal. Secrets are taken out of the finished line, whatever the level
 * and wherever they stand: in a field, in a message, in an error's cause, in JSON inside a string.
 */
import { pino, type DestinationStream, type LevelWithSilent, type Logger as PinoLogger } from 'pino'
import pretty from 'pino-pretty'
import type { Config } from './config.ts'
import { createLogOutput } from './log-output.ts'
import { createRedaction } from './redaction.ts'

export type Logger = PinoLogger

/** The least severe level that one of the settings asks for. */
export function logLevel(config: Pick<Config, 'LOG_LEVEL' | 'VERBOSE' | 'DEBUG_MODE'>): LevelWithSilent {
  if (config.DEBUG_MODE || config.LOG_LEVEL === 'trace') return 'trace'
  return config.VERBOSE ? 'debug' : config.LOG_LEVEL
}

export interface LoggerOptions {
  readonly level: LevelWithSilent
  /** Readable for people instead of JSON for programs. */
  readonly pretty: boolean
  /** Values that must never be written, such as the configured key. */
  readonly secrets?: readonly string[]
  /** Where lines go; standard output when absent. */
  readonly stream?: DestinationStream
  /** Told of lines that standard output did not take. */
  readonly onDropped?: (lines: number) => void
}

export function createLogger(options: LoggerOptions): Logger {
  const scrub = createRedaction(options.secrets ?? [])
  return pino(
    { level: options.level, base: null, timestamp: pino.stdTimeFunctions.isoTime, hooks: { streamWrite: scrub } },
    streamFor(options),
  )
}

function streamFor(options: LoggerOptions): DestinationStream {
  // Opened by the first line: one that is silent may be told to speak later.
  let opened: DestinationStream | undefined
  return { write: (line) => (opened ??= openStream(options)).write(line) }
}

function openStream({ pretty: isPretty, stream, onDropped }: LoggerOptions): DestinationStream {
  // Asking for standard output puts a pipe into the mode in which a write never waits for its reader.
  const output = stream ?? createLogOutput(process.stdout.fd, onDropped)
  if (!isPretty) return output
  const format = pretty.prettyFactory({ colorize: stream === undefined && pretty.isColorSupported })
  return { write: (line) => output.write(format(line)) }
}
