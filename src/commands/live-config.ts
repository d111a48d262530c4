/** The settings of a running server: what can change does so at once and together, everything else is as at the start. */
import type { Config, CurrentConfig, SettingName } from '../config.ts'
import { LIVE_SETTINGS } from '../live-settings.ts'
import { SETTING_NAMES } from './setting-flags.ts'

export interface ConfigChange {
  /** Those that hold from now on. */
  readonly changed: readonly SettingName[]
  /** Those that differ from what the server runs with, and need a restart. */
  readonly needRestart: readonly SettingName[]
}

export interface LiveConfigHolder {
  readonly current: CurrentConfig
  /** Takes over what can change. Requests that run keep what they have. */
  change(next: Config): ConfigChange
}

const LIVE: ReadonlySet<SettingName> = new Set(LIVE_SETTINGS)

export const isLive = (name: SettingName): boolean => LIVE.has(name)

export function createLiveConfig(first: Config): LiveConfigHolder {
  let current = first
  return {
    current: () => current,
    change(next) {
      const different = SETTING_NAMES.filter((name) => !isSame(current[name], next[name]))
      const changed = different.filter(isLive)
      const before: Config = current
      current = Object.freeze({
        ...next,
        ...pick(
          before,
          SETTING_NAMES.filter((name) => !isLive(name)),
        ),
      })
      return { changed, needRestart: different.filter((name) => !isLive(name)) }
    },
  }
}

function isSame(one: unknown, other: unknown): boolean {
  return JSON.stringify(one) === JSON.stringify(other)
}

function pick(config: Config, names: readonly SettingName[]): Partial<Config> {
  return Object.fromEntries(names.map((name) => [name, config[name]]))
}
