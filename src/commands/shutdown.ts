/** When and how the process ends: drain on the first signal or a fatal error, exit at once on the second. */
import closeWithGrace from 'close-with-grace'
import type { Logger } from '../log.ts'

export interface ShutdownOptions {
  readonly log: Logger
  /** Ends everything in order. */
  readonly drain: () => Promise<void>
  /** Exit anyway when draining takes longer. */
  readonly deadlineMs: number
  /** Whether npm started us. On Ctrl-C it passes on the signal that the terminal has sent us already. */
  readonly underNpm: boolean
}

/** How late npm's copy of a signal may come. */
const ECHO_MS = 300

/** After them no JavaScript runs: a listener would have the faulty instruction run again, for ever, in a process that never ends. */
const CRASHES = ['SIGSEGV', 'SIGBUS', 'SIGFPE', 'SIGILL', 'SIGABRT', 'SIGTRAP'] as const

/** @returns what begins the end without a signal */
export function installShutdown({ log, drain, deadlineMs, underNpm }: ShutdownOptions): () => void {
  let since: number | undefined
  const exitNow = (reason: string): never => {
    log.warn(`${reason}: exit at once`)
    // Claude Code's processes are tied to this one and end with it.
    return process.exit(1)
  }
  const grace = closeWithGrace(
    {
      delay: deadlineMs,
      skip: ['SIGINT', 'SIGTERM', 'SIGHUP', 'beforeExit', ...CRASHES],
      logger: { error: (error: unknown) => log.error({ err: error }, 'shutdown failed') },
      onSecondError: (error) => log.fatal({ err: error }, 'another error while shutting down'),
      onTimeout: () => log.error('shutdown took too long'),
    },
    async ({ err }) => {
      since ??= performance.now()
      if (err !== undefined) log.fatal({ err }, 'fatal error: shutting down')
      await drain()
    },
  )
  const onSignal = (signal: NodeJS.Signals): void => {
    if (since === undefined) {
      since = performance.now()
      log.info(`${signal}: shutting down, a second one exits at once`)
      grace.close()
    } else if (!underNpm || performance.now() - since > ECHO_MS) {
      exitNow(`second signal (${signal})`)
    }
  }
  process.on('SIGINT', onSignal)
  process.on('SIGTERM', onSignal)
  return () => onSignal('SIGHUP')
}
