import type { Command } from 'commander'
import { bashCompletion } from './bash-completion.ts'
import { describeCommands } from './described-command.ts'
import { fishCompletion } from './fish-completion.ts'
import type { Shell } from './completion-command.ts'
import { zshCompletion } from './zsh-completion.ts'

const SCRIPTS = { bash: bashCompletion, zsh: zshCompletion, fish: fishCompletion } as const

/** The script by which a shell completes commands, flags and their values. */
export const completionScript = (shell: Shell, program: Command): string => SCRIPTS[shell](describeCommands(program))
