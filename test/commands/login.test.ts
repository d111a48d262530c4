import { expect, test } from 'vitest'
import { runDragoman } from '../support/dragoman-process.ts'
import { fakeBinary } from '../support/fake-binary.ts'

test('the login is done by the binary that the server uses, in the home of the operator', async () => {
  const binary = fakeBinary('echo "asked: $*"; [ -n "$HOME" ] && [ "$CLAUDE_CONFIG_DIR" = /mine ]')
  const env = { CLAUDE_CLI_PATH: binary, CLAUDE_CONFIG_DIR: '/mine' }
  expect(await runDragoman(['login'], { env })).toMatchObject({ code: 0, stdout: 'asked: auth login\n' })
})

test('an account of the Console can be asked for', async () => {
  const { stdout } = await runDragoman(['login', '--console'], {
    env: { CLAUDE_CLI_PATH: fakeBinary('echo "asked: $*"') },
  })
  expect(stdout).toBe('asked: auth login --console\n')
})

test('a login that did not work is a failure', async () => {
  expect((await runDragoman(['login'], { env: { CLAUDE_CLI_PATH: fakeBinary('exit 3') } })).code).toBe(1)
})

test('a binary that cannot be run is said in one line', async () => {
  const { code, stderr } = await runDragoman(['login'], { env: { CLAUDE_CLI_PATH: '/nonexistent/claude' } })
  expect(code).toBe(1)
  expect(stderr).toMatch(/^dragoman: Claude Code cannot be run: .*\n$/)
})
