/** `dragoman check-config`: can a server start with these settings, or take them over while it runs? */
import { loadEnvironment, parseConfig, SETTINGS } from '../config.ts'
import { isLive } from './live-config.ts'
import type { Output } from './output.ts'
import { requireOwnEnvFile } from './own-env-file.ts'
import { SETTING_NAMES, type SettingFlags } from './setting-flags.ts'

/** Names the settings that differ from their defaults; never their values, some of which are secrets. @throws ConfigError */
export function checkConfig(flags: SettingFlags, output: Output): void {
  const environment = loadEnvironment()
  const config = parseConfig(environment, flags)
  requireOwnEnvFile(environment, flags)
  const given = SETTING_NAMES.filter((name) => JSON.stringify(config[name]) !== JSON.stringify(SETTINGS[name].default))
  output.write(`The settings can be used; ${given.length} differ from their defaults.\n`)
  for (const name of given) output.write(`  ${name}${isLive(name) ? '' : '  (a change needs a restart)'}\n`)
}
