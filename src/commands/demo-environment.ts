import type { Environment } from '../config.ts'
import { SETTING_NAMES, type SettingFlags } from './setting-flags.ts'

/** What programs need to run. Nothing that could hold a login, a proxy or another model API. */
const HARMLESS = ['PATH', 'HOME', 'USER', 'TMPDIR', 'LANG', 'LC_ALL', 'LC_CTYPE', 'TZ', 'npm_lifecycle_event']

/**
 * The environment for `--demo`: an allow-list, so that no login of this machine can be used, with the demo model's
 * address and a placeholder for a key.
 */
export function demoEnvironment(operators: Environment, demoUrl: string): Environment {
  const kept = [...HARMLESS, ...SETTING_NAMES].map((name) => [name, operators[name]] as const)
  return {
    ...Object.fromEntries(kept.filter(([, value]) => value !== undefined)),
    ANTHROPIC_BASE_URL: demoUrl,
    ANTHROPIC_API_KEY: 'demo',
  }
}

/** The operator's flags, but for the login method. */
export function demoFlags(flags: SettingFlags): SettingFlags {
  return { ...flags, CLAUDE_AUTH_METHOD: 'api_key' }
}
