/** The scripts of zsh and fish, read by these shells where they are installed. */
import { spawnSync } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { runDragoman } from '../support/dragoman-process.ts'

const has = (shell: string): boolean => spawnSync(shell, ['-c', 'true']).status === 0

let folder = ''

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'dragoman-completion-'))
  writeFileSync(join(folder, 'a file.json'), '')
  for (const shell of ['zsh', 'fish']) {
    const { stdout } = await runDragoman(['completion', shell])
    writeFileSync(join(folder, `completion.${shell}`), stdout)
  }
})

afterAll(() => rmSync(folder, { recursive: true, force: true }))

function run(shell: string, args: readonly string[]): readonly string[] {
  const env = { PATH: process.env['PATH'], HOME: folder }
  const { stdout, stderr, status } = spawnSync(shell, args, { cwd: folder, encoding: 'utf8', env })
  expect([stderr, status]).toEqual(['', 0])
  return stdout.split('\n').filter((line) => line !== '')
}

/** What Tab offers at the end of a line; what is after `=` without the flag. */
function fishOffers(line: string): readonly string[] {
  const lines = run('fish', ['--no-config', '-c', 'source completion.fish; complete -C $argv[1]', line])
  return lines.map((each) => each.split('\t', 1)[0]?.replace(/^--[\w-]+=/, '') ?? '')
}

/** In place of what zsh has inside of its line editor alone. It leaves out what does not begin like the last word. */
const ZSH = `
compdef() { : }
offer() { print -rl -- \${(M)@:#$PREFIX*} }
_describe() { local name=$@[-1]; offer \${\${(P)name}%%:*} }
compadd() { shift; offer "$@" }
_files() { offer * }
_message() { : }
compset() { [[ $PREFIX == --*=* ]] && PREFIX=\${PREFIX#*=} }
source ./completion.zsh
words=("$@") CURRENT=$# PREFIX=$@[-1]
_dragoman
`

const zshOffers = (line: string): readonly string[] => run('zsh', ['-f', '-c', ZSH, 'zsh', ...line.split(' ')])

describe.each([
  ['zsh', zshOffers],
  ['fish', fishOffers],
])('%s', (shell, offers) => {
  test.skipIf(!has(shell)).each<[line: string, offered: readonly string[]]>([
    ['k', ['keys']],
    ['keys ', ['create', 'list', 'revoke', 'rotate', 'help']],
    ['keys create --b', ['--budget-day', '--budget-month']],
    ['smoke --ur', ['--url']],
    ['completion ', ['bash', 'zsh', 'fish']],
    ['serve --max-t', ['--max-timeout']],
    ['--log-level d', ['debug']],
    ['--log-level=d', ['debug']],
    ['--mcp-config a', ['a file.json']],
    ['--mcp-config=a', ['a file.json']],
    ['--port ', []],
    ['--host example keys r', ['revoke', 'rotate']],
    ['--host keys k', ['keys']],
    ['--host=keys k', ['keys']],
    ['login --strict-port --cons', ['--console']],
  ])('%j is completed to %j', (line, offered) => {
    expect(offers(`dragoman ${line}`).toSorted()).toEqual(offered.toSorted())
  })
})

test.skipIf(!has('zsh'))('zsh that was not set up for completion takes the script all the same', () => {
  expect(run('zsh', ['-f', '-c', 'source ./completion.zsh; print $_comps[dragoman]'])).toEqual(['_dragoman'])
})
