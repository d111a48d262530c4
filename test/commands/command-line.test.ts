import { spawnSync } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { expect, test } from 'vitest'
import { SETTING_NAMES } from '../../src/commands/setting-flags.ts'
import { runDragoman } from '../support/dragoman-process.ts'

test('help shows every command, every setting and examples', async () => {
  const { code, stdout } = await runDragoman(['--help'])
  expect(code).toBe(0)
  for (const word of ['serve', 'login', 'doctor', 'smoke', 'openapi', '--demo', 'Examples:'])
    expect(stdout).toContain(word)
  for (const name of SETTING_NAMES) expect(stdout).toContain(name.toLowerCase().replaceAll('_', '-'))
})

test('the version is printed', async () => {
  const { code, stdout } = await runDragoman(['--version'])
  expect(code).toBe(0)
  expect(stdout).toMatch(/^\d+\.\d+\.\d+\n$/)
})

test('a word that is neither a command nor a port is an error in usage', async () => {
  const { code, stderr } = await runDragoman(['sevre'])
  expect(code).toBe(2)
  expect(stderr).toBe('dragoman: "sevre" is neither a command nor a port. See dragoman --help.\n')
})

test('an unknown flag is an error in usage', async () => {
  const { code, stderr } = await runDragoman(['--prot', '9000'])
  expect(code).toBe(2)
  expect(stderr).toContain('--prot')
})

test('every setting that cannot be used gets a line', async () => {
  const { code, stderr } = await runDragoman(['--port', '70000'], { env: { MAX_QUEUE: 'many', CORS_ORIGINS: '{' } })
  expect(code).toBe(2)
  for (const name of ['PORT', 'MAX_QUEUE', 'CORS_ORIGINS']) {
    expect(stderr.split('\n').filter((line) => line.trim().startsWith(name))).toHaveLength(1)
  }
})

test('the OpenAPI document is printed without a server', async () => {
  const { code, stdout } = await runDragoman(['openapi'])
  expect(code).toBe(0)
  expect(JSON.parse(stdout)).toMatchObject({ openapi: '3.1.0', paths: { '/v1/chat/completions': {} } })
})

test('a reader that stops early is no failure', () => {
  const main = fileURLToPath(new URL('../../src/main.ts', import.meta.url))
  const script = '"$0" --import "$1" "$2" openapi | head -c 10; exit 0'
  const { stdout, stderr } = spawnSync('sh', ['-c', script, process.execPath, 'tsx', main], { encoding: 'utf8' })
  expect(stdout).toHaveLength(10)
  expect(stderr).toBe('')
})
