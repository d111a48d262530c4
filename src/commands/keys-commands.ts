/** The commands below `dragoman keys`. */
import type { Command } from 'commander'
import type { KeyFlags } from './key-terms.ts'
import type { KeysCommand } from './keys.ts'
import type { SettingFlags } from './setting-flags.ts'

/** @param settingsOf the settings among a command's options */
export function addKeysCommands(program: Command, settingsOf: (command: Command) => SettingFlags): void {
  const keys = program.command('keys').description('Make, list, revoke and rotate the keys of callers.')
  const told = (options: { json?: boolean }, command: Command): KeysCommand => ({
    settings: settingsOf(command),
    output: process.stdout,
    json: options.json === true,
  })
  keys
    .command('create')
    .description('Make a key, and show it once. From then on every caller needs one.')
    .requiredOption('--name <name>', 'whose it is or what it is for')
    .option(
      '--scopes <list>',
      'chat (ask models), tools (use tools of Claude Code), admin (numbers of all callers)',
      'chat',
    )
    .option('--models <list>', 'the models that it may use, with commas between them (default: all)')
    .option(
      '--tools <list>',
      'the tools of Claude Code that it may use, such as Read,Grep (default: those that the server allows)',
    )
    .option('--mcp-servers <list>', 'the MCP servers that it may use, with commas between them (default: all)')
    .option('--requests-per-minute <n>', 'most requests in a minute, in place of the settings')
    .option('--tokens-per-minute <n>', 'most tokens in a minute, of input and output')
    .option('--budget-day <usd>', 'most US dollars in a day, in UTC')
    .option('--budget-month <usd>', 'most US dollars in a month, in UTC')
    .option('--expires <when>', 'when it ends: 12h, 90d, 2030-12-31 (default: never)')
    .option('--json', 'Print JSON.')
    .action(async (options: KeyFlags & { json?: boolean }, command: Command) => {
      const { createKey } = await import('./keys.ts')
      await createKey(told(options, command), options)
    })
  keys
    .command('list')
    .description('Show all keys, without what is secret of them.')
    .option('--json', 'Print JSON.')
    .action(async (options: { json?: boolean }, command: Command) => {
      const { listKeys } = await import('./keys.ts')
      await listKeys(told(options, command))
    })
  keys
    .command('revoke <key>')
    .description('End a key, by its id or name. Running requests with it end within 5 seconds.')
    .option('--json', 'Print JSON.')
    .action(async (key: string, options: { json?: boolean }, command: Command) => {
      const { revokeKey } = await import('./keys.ts')
      await revokeKey(told(options, command), key)
    })
  keys
    .command('rotate <key>')
    .description('Make a new key on the terms of another one, which ends.')
    .option('--grace <time>', 'how long the old key still works: 30m, 24h, 7d (default: not at all)')
    .option('--json', 'Print JSON.')
    .action(async (key: string, options: { grace?: string; json?: boolean }, command: Command) => {
      const { rotateKey } = await import('./keys.ts')
      await rotateKey(told(options, command), key, options.grace)
    })
}
