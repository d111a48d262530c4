/** What `dragoman` understands. Each command's own code is loaded when it runs, so that help and errors are instant. */
import { Command } from 'commander'
import { ConfigError } from '../config.ts'
import { addCompletionCommand } from './completion/completion-command.ts'
import { addKeysCommands } from './keys-commands.ts'
import { packageInfo } from './package-info.ts'
import { addSettingFlags, type SettingFlags, settingFlags, settingFlagsHelp } from './setting-flags.ts'
import { UsageError } from './usage-error.ts'

const EXAMPLES = `
Examples:
  dragoman                               serve on http://127.0.0.1:8000
  dragoman 9000                          ... on port 9000
  dragoman --demo                        ... without an account, with the built-in offline model
  dragoman --model-aliases '{"gpt-4o":"sonnet"}'
  dragoman login                         log in with your Claude account, once
  dragoman keys create --name alice      make a key for a caller; from then on all need one
  dragoman usage --by key                see what each key took, and what it cost
  dragoman doctor                        see what is missing on this machine
  dragoman smoke --url http://127.0.0.1:8000

Exit codes: 0 fine, 1 failed, 2 used wrongly.`

/**
 * Runs what the arguments ask for.
 * @param argv as `process.argv`: the arguments come third
 */
export async function runCommandLine(argv: readonly string[]): Promise<void> {
  // Whoever reads may stop (`dragoman doctor | head -3`); that is no failure of ours, and a server goes on.
  for (const output of [process.stdout, process.stderr]) output.on('error', () => undefined)
  try {
    await createProgram().parseAsync([...argv])
  } catch (error) {
    const message = error instanceof Error ? error.message : String(error)
    process.stderr.write(`dragoman: ${message}\n`)
    process.exitCode = error instanceof UsageError || error instanceof ConfigError ? 2 : 1
  }
}

function createProgram(): Command {
  const program = new Command('dragoman')
    .description("Serves OpenAI's API and answers with Claude Code.")
    .usage('[command] [options] [port]')
    .version(packageInfo().version, '-v, --version', 'Print the version.')
    .helpOption('-h, --help', 'Print this.')
    .helpCommand('help [command]', 'Print this, or the help of a command.')
    .argument('[port]', 'port to listen on, like --port')
    .option('--demo', 'Answer from the built-in offline model: no account, no internet.')
    .addHelpText('after', ({ command }) => `${EXAMPLES}\n\n${settingFlagsHelp(command)}`)
    .action((port: string | undefined, _options, command: Command) => serve(port, command))
    .exitOverride((exit) => process.exit(exit.exitCode === 0 ? 0 : 2))
  addSettingFlags(program)

  program
    .command('serve [port]')
    .description('Start the server. What happens without a command.')
    .action((port: string | undefined, _options, command: Command) => serve(port, command))
  program
    .command('login')
    .description('Log Claude Code in with your account, in this terminal.')
    .option('--console', 'with an account of the Anthropic Console, billed by use, instead of a Claude subscription')
    .action(async (options: { console?: boolean }, command: Command) => {
      const { login } = await import('./login.ts')
      process.exitCode = (await login(flagsOf(command), { billed: options.console === true })) ? 0 : 1
    })
  program
    .command('doctor')
    .description('Say whether the binary, its version, the login, the data folder and the port are fine.')
    .option('--bundle <file>', 'write what somebody who helps has to know into this file, without a secret')
    .action(async ({ bundle }: { bundle?: string }, command: Command) => {
      const { doctor } = await import('./doctor.ts')
      const demo = optionsOf(command)['demo'] === true
      process.exitCode = (await doctor(flagsOf(command), process.stdout, { demo, bundle })) ? 0 : 1
    })
  program
    .command('check-config')
    .description('Say whether the settings can be used, before a server starts with them or takes them over.')
    .action(async (_options, command: Command) => {
      const { checkConfig } = await import('./check-config.ts')
      checkConfig(flagsOf(command), process.stdout)
    })
  program
    .command('smoke')
    .description('Check a running server from outside in ten seconds.')
    .option('--url <url>', 'where the server is (default: what the settings say)')
    .option('--key <key>', 'the API key to send (default: API_KEY of the settings)')
    .action(async (options: { url?: string; key?: string }, command: Command) => {
      const { smoke } = await import('./smoke.ts')
      process.exitCode = (await smoke(flagsOf(command), options, process.stdout)) ? 0 : 1
    })
  program
    .command('openapi')
    .description('Print the OpenAPI document of the server.')
    .action(async () => {
      const { printOpenApi } = await import('./openapi.ts')
      printOpenApi(process.stdout)
    })
  addKeysCommands(program, flagsOf)
  program
    .command('usage')
    .description('Show what callers took: requests, tokens and cost.')
    .option('--days <n>', 'so many days up to today', '30')
    .option('--by <list>', 'day, model, key, or several with commas between them', 'day')
    .option('--json', 'Print JSON.')
    .action(async (flags: { days?: string; by?: string; json?: boolean }, command: Command) => {
      const { usage } = await import('./usage.ts')
      const { stdout } = process
      await usage({ settings: flagsOf(command), output: stdout, width: stdout.columns ?? 120, flags })
    })
  addCompletionCommand(program)
  for (const command of program.commands.flatMap((each) => [each, ...each.commands])) {
    command
      .helpOption('-h, --help', 'Print this.')
      .addHelpText('after', '\nThe settings and their flags: dragoman --help')
  }
  return program
}

async function serve(port: string | undefined, command: Command): Promise<void> {
  const flags = flagsOf(command)
  if (port !== undefined && !/^\d+$/.test(port)) {
    throw new UsageError(`"${port}" is neither a command nor a port. See dragoman --help.`)
  }
  const { serve: start } = await import('./serve.ts')
  await start(
    { ...flags, ...(port === undefined ? {} : { PORT: port }) },
    { demo: optionsOf(command)['demo'] === true },
  )
}

const optionsOf = (command: Command): Readonly<Record<string, unknown>> => command.optsWithGlobals()

const flagsOf = (command: Command): SettingFlags => settingFlags(optionsOf(command))
