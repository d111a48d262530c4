/** The command line's flags for the settings: `--max-timeout` for `MAX_TIMEOUT`, all of them made from `SETTINGS`. */
import { type Command, Option } from 'commander'
import { z } from 'zod'
import { SETTINGS, type SettingName } from '../config.ts'
import { path } from '../setting-schemas.ts'

export type SettingFlags = Partial<Record<SettingName, string>>

const isSettingName = (name: string): name is SettingName => name in SETTINGS

export const SETTING_NAMES: readonly SettingName[] = Object.keys(SETTINGS).filter(isSettingName)

/** `max-timeout` for `MAX_TIMEOUT`. */
export const flagOf = (name: SettingName): string => name.toLowerCase().replaceAll('_', '-')

/** How the default reads, for people; undefined where there is none worth telling. */
export function shownDefault(name: SettingName): string | undefined {
  const setting = SETTINGS[name]
  if (setting.shownDefault !== undefined) return setting.shownDefault
  const value: unknown = setting.default
  if (value === undefined) return undefined
  return typeof value === 'string' ? value : JSON.stringify(value)
}

function placeholder(name: SettingName): string {
  const value: unknown = SETTINGS[name].default
  const schema: z.ZodType = SETTINGS[name].schema
  if (schema === path) return '<path>'
  if (name.endsWith('_TIMEOUT') || name.endsWith('_INTERVAL')) return '<ms>'
  if (typeof value === 'object') return '<json>'
  if (typeof value === 'number' || name.startsWith('MAX_')) return '<n>'
  return '<text>'
}

function optionsOf(name: SettingName): readonly Option[] {
  const { doc, default: fallback } = SETTINGS[name]
  const schema: z.ZodType = SETTINGS[name].schema
  const flag = flagOf(name)
  if (typeof fallback !== 'boolean') {
    const standard = shownDefault(name)
    const hint = standard === undefined || standard === '[]' || standard === '{}' ? '' : ` (default: ${standard})`
    const option = new Option(`--${flag} ${placeholder(name)}`, doc + hint)
    // For completion alone: `choices()` would check the value in other words than the settings do.
    if (schema instanceof z.ZodEnum) option.argChoices = schema.options.map(String)
    return [option]
  }
  // Both senses work; help shows the one that changes something.
  const on = new Option(`--${flag}`, doc)
  const off = new Option(`--no-${flag}`, `Turn off: ${doc}`)
  return fallback ? [off, on] : [on, off]
}

/** Adds the flags. Help leaves them to `settingFlagsHelp`, because there are many. */
export function addSettingFlags(command: Command): void {
  for (const name of SETTING_NAMES) {
    // A negation that comes first would set a value of its own.
    const options = optionsOf(name).toSorted((left, right) => Number(left.negate) - Number(right.negate))
    for (const option of options) command.addOption(option.hideHelp())
  }
}

/** One entry for each setting, laid out as the rest of the command's help. */
export function settingFlagsHelp(command: Command): string {
  const help = command.createHelp()
  help.prepareContext({
    outputHasColors: false,
    ...(process.stdout.columns === undefined ? {} : { helpWidth: process.stdout.columns }),
  })
  const shown = SETTING_NAMES.flatMap((name) => optionsOf(name).slice(0, 1))
  const width = Math.max(...shown.map(({ flags }) => flags.length))
  const lines = shown.map(({ flags, description }) => help.formatItem(flags, width, description, help))
  return ['Settings (--max-timeout is MAX_TIMEOUT in the environment or .env; flags win):', ...lines].join('\n')
}

/** The settings among the options that were given, as the texts that the environment would hold. */
export function settingFlags(options: Readonly<Record<string, unknown>>): SettingFlags {
  const flags: SettingFlags = {}
  for (const name of SETTING_NAMES) {
    const value = options[new Option(`--${flagOf(name)}`).attributeName()]
    if (typeof value === 'string') flags[name] = value
    if (typeof value === 'boolean') flags[name] = String(value)
  }
  return flags
}
