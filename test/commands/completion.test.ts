import { spawnSync } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Argument, Command, Option } from 'commander'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { completionScript } from '../../src/commands/completion/completion.ts'
import { SHELLS } from '../../src/commands/completion/completion-command.ts'
import { addSettingFlags, SETTING_NAMES } from '../../src/commands/setting-flags.ts'
import { runDragoman } from '../support/dragoman-process.ts'

let folder = ''
let script = ''

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'dragoman-completion-'))
  script = join(folder, 'completion.bash')
  const { stdout } = await runDragoman(['completion', 'bash'])
  writeFileSync(script, stdout)
  writeFileSync(join(folder, 'a file.json'), '')
})

afterAll(() => rmSync(folder, { recursive: true, force: true }))

/** What bash offers when Tab is pressed at the end of these words. */
function completions(...words: readonly string[]): readonly string[] {
  const ask = `source "$0"; COMP_WORDS=("$@"); COMP_CWORD=$(($# - 1)); _dragoman; printf '%s\\n' "\${COMPREPLY[@]}"`
  const { stdout, stderr } = spawnSync('bash', ['--norc', '-c', ask, script, ...words], {
    cwd: folder,
    encoding: 'utf8',
  })
  expect(stderr).toBe('')
  return stdout.split('\n').filter((line) => line !== '')
}

describe('bash', () => {
  test.each<[words: readonly string[], offered: readonly string[]]>([
    [['k'], ['keys']],
    [
      ['keys', ''],
      ['create', 'list', 'revoke', 'rotate', 'help'],
    ],
    [
      ['keys', 'create', '--b'],
      ['--budget-day', '--budget-month'],
    ],
    [['smoke', '--ur'], ['--url']],
    [
      ['completion', ''],
      ['bash', 'zsh', 'fish'],
    ],
    [['--max-t'], ['--max-timeout']],
    [['serve', '--max-t'], ['--max-timeout']],
    [['--no-eg'], ['--no-egress']],
    [['--log-level', 'd'], ['debug']],
    [['--log-level', '=', 'd'], ['debug']],
    [
      ['--log-level', '='],
      ['trace', 'debug', 'info', 'warn', 'error', 'fatal', 'silent'],
    ],
    [['--claude-auth-method', 'v'], ['vertex']],
    [['--mcp-config', 'a'], ['a file.json']],
    [['doctor', '--bundle', 'a'], ['a file.json']],
    [['--port', ''], []],
    [['login', '--strict-port', '--cons'], ['--console']],
  ])('%j is completed to %j', (words, offered) => {
    expect(completions('dragoman', ...words)).toEqual(offered)
  })

  test('the value of a flag is not taken for a command', () => {
    expect(completions('dragoman', '--host', 'keys', '')).toContain('serve')
    expect(completions('dragoman', '--host', '=', 'keys', '')).toContain('serve')
    expect(completions('dragoman', '--host', 'example', 'keys', '')).toContain('create')
  })

  test('every setting has its flag', () => {
    const offered = completions('dragoman', '--')
    expect(offered).toEqual([...new Set(offered)])
    for (const name of SETTING_NAMES) expect(offered).toContain(`--${name.toLowerCase().replaceAll('_', '-')}`)
  })
})

describe('each shell', () => {
  const program = new Command('dragoman').description('Serves.')
  addSettingFlags(program)
  const keys = program.command('keys').description("Make a caller's key.")
  keys.command('create').addOption(new Option('--whose <name>', 'the caller\'s name: not "secret", no $HOME or `id`'))
  program.command('look').addArgument(new Argument('<way>').choices(['left', 'right']))

  test.each(SHELLS)('%s is told commands, choices and flags', (shell) => {
    const text = completionScript(shell, program)
    for (const word of ['keys', 'keys create', 'left', 'right', 'whose', 'data-dir', 'no-egress', 'silent'])
      expect(text).toContain(word)
  })

  test.each(SHELLS)('%s is told nothing that it would run', (shell) => {
    expect(completionScript(shell, program)).not.toMatch(/\$HOME|`|"secret"/)
  })
})

test('another shell is an error in usage that names those there are', async () => {
  const { code, stdout, stderr } = await runDragoman(['completion', 'tcsh'])
  expect(code).toBe(2)
  expect(stdout).toBe('')
  expect(stderr).toContain('bash, zsh, fish')
})
