/** The command line as completion sees it, read from commander's own definitions, so that no list is kept twice. */
import type { Command, Option } from 'commander'

export interface Word {
  readonly name: string
  /** A few words, in plain text. */
  readonly summary: string
}

export interface Flag extends Word {
  /** What comes after it: nothing, a path, one of these, or anything else. */
  readonly value: 'none' | 'path' | 'other' | readonly string[]
}

export interface DescribedCommand {
  /** The words that lead to it, with blanks between them: '' for the program alone, `keys create`. */
  readonly path: string
  /** What may come next: commands below it, and what its arguments can be. */
  readonly words: readonly Word[]
  /** Its own; those of the program work with every command. */
  readonly flags: readonly Flag[]
}

/** The program and all that is below it. The program comes first. */
export function describeCommands(program: Command): readonly DescribedCommand[] {
  const help: Flag = { name: '--help', summary: 'Print this', value: 'none' }
  const [first, ...others] = describe(program, '')
  return first === undefined ? [] : [{ ...first, flags: [...first.flags, help] }, ...others]
}

function describe(command: Command, path: string): DescribedCommand[] {
  const below = command.createHelp().visibleCommands(command)
  const choices = command.registeredArguments.flatMap(({ argChoices }) => argChoices ?? [])
  const words = [
    ...below.map((each) => ({ name: each.name(), summary: brief(each.description()) })),
    ...choices.map((name) => ({ name, summary: '' })),
  ]
  const own = { path, words, flags: command.options.flatMap(flagOf) }
  return [own, ...below.flatMap((each) => describe(each, path === '' ? each.name() : `${path} ${each.name()}`))]
}

function flagOf(option: Option): Flag[] {
  const { long, description } = option
  return typeof long !== 'string' ? [] : [{ name: long, summary: brief(description), value: valueOf(option) }]
}

function valueOf({ required, flags, argChoices }: Option): Flag['value'] {
  if (!required) return 'none'
  if (argChoices !== undefined) return argChoices
  return /<(?:path|file)>$/.test(flags) ? 'path' : 'other'
}

/** The first thing that is said: there is one line for it, beside the flag. */
function brief(description: string): string {
  const [, negation = '', what = ''] = /^(Turn off: )?(.*)$/s.exec(description) ?? []
  const [first = ''] = what.split(/[.;:] |[.:]$| \(|, such as /)
  return `${negation}${first}`.replaceAll(/[`"\\$]/g, '')
}

/** Flags that say so of themselves take the word after them, which is then none of the commands. */
export const takesValue = ({ value }: Flag): boolean => value !== 'none'

/** Each flag once, of whichever command. */
export function allFlags(commands: readonly DescribedCommand[]): readonly Flag[] {
  return [...new Map(commands.flatMap(({ flags }) => flags).map((flag) => [flag.name, flag])).values()]
}
