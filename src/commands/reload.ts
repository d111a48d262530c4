/** SIGHUP: the settings are read anew. Good ones are taken over, bad ones leave everything as it is. */
import { closeSync, openSync } from 'node:fs'
import { type Config, ConfigError } from '../config.ts'
import { type Logger, logLevel } from '../log.ts'
import type { Metrics } from '../metrics.ts'
import type { LiveConfigHolder } from './live-config.ts'

export interface ReloadOptions {
  readonly holder: LiveConfigHolder
  /** Reads all settings. @throws ConfigError when they cannot be used */
  readonly read: () => Config
  readonly log: Logger
  readonly metrics: Pick<Metrics, 'reloaded'>
  /** Ends the server, as SIGTERM does. */
  readonly end: () => void
}

/** Also for a terminal that is closed, by which a SIGHUP says that it is time to end. */
export function installReload(options: ReloadOptions): void {
  const hasTerminal = process.stdin.isTTY
  process.on('SIGHUP', () => {
    if (hasTerminal && isTerminalGone()) options.end()
    else reload(options)
  })
}

export function reload({ holder, read, log, metrics }: Omit<ReloadOptions, 'end'>): void {
  try {
    const { changed, needRestart } = holder.change(read())
    const config = holder.current()
    log.level = logLevel(config)
    metrics.reloaded('done')
    if (needRestart.length > 0) log.warn({ settings: needRestart }, 'these settings need a restart')
    if (changed.includes('DEBUG_MODE') && config.DEBUG_MODE) log.warn('from now on the log holds conversations')
    log.info({ changed }, 'settings read anew')
  } catch (error) {
    metrics.reloaded('failed')
    const reason = error instanceof ConfigError ? error.message.replaceAll(/\n\s*/g, ' ') : 'an unexpected failure'
    const cause = error instanceof ConfigError ? {} : { err: error }
    log.error(cause, `the old settings stay: ${reason}`)
  }
}

/** Its processes have none any more once it was closed. */
function isTerminalGone(): boolean {
  try {
    closeSync(openSync('/dev/tty', 'r'))
    return false
  } catch {
    return true
  }
}
