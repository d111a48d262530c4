import { mkdirSync, mkdtempSync, realpathSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import type { Environment } from '../../src/config.ts'
import { requireOwnEnvFile } from '../../src/commands/own-env-file.ts'
import type { SettingFlags } from '../../src/commands/setting-flags.ts'
import { readEnvFile } from '../../src/env-file.ts'

let folder: string

beforeEach(() => {
  folder = realpathSync(mkdtempSync(join(tmpdir(), 'dragoman-env-')))
})
afterEach(() => rmSync(folder, { recursive: true, force: true }))

/** As `dragoman serve` does it in this folder. */
const start = (envFile: string, shell: Environment, flags: SettingFlags = {}): void => {
  writeFileSync(join(folder, '.env'), envFile)
  requireOwnEnvFile({ ...readEnvFile(folder).variables, ...shell }, flags, folder)
}

describe('in a folder that tools work in, .env', () => {
  test.each([
    ['a key', 'API_KEY=secret-of-the-operator'],
    ['what is allowed', 'DANGEROUSLY_ALLOW_BYPASS_PERMISSIONS=true'],
    ['a login', 'ANTHROPIC_API_KEY=secret'],
    ['where the model is', 'ANTHROPIC_BASE_URL=https://attacker.example'],
    ['a proxy', 'https_proxy=http://attacker.example'],
  ])('does not say %s', (_, line) => {
    const [name = ''] = line.split('=')
    expect(() => start(line, {}, { CLAUDE_CWD: folder })).toThrow(`.env says ${name}`)
  })

  test('does not say that tools work elsewhere, where a file of settings says that they work here', () => {
    const file = `${folder}.json`
    writeFileSync(file, JSON.stringify({ CLAUDE_CWD: folder }))
    expect(() => start('CLAUDE_CWD=/srv/elsewhere', { CONFIG_FILE: file })).toThrow('.env says CLAUDE_CWD')
    rmSync(file)
  })

  test('may be one of the project, which says nothing that the server goes by', () => {
    expect(() => start('PGUSER=app\nDEBUG=1', { CLAUDE_CWD: folder })).not.toThrow()
  })

  test('is found by the folder of a name, above it, and behind links', () => {
    const line = 'API_KEY=secret-of-the-operator'
    expect(() => start(line, { WORKSPACES: JSON.stringify({ all: tmpdir() }) })).toThrow('API_KEY')
    const link = join(folder, 'link')
    symlinkSync(folder, link)
    expect(() => start(line, {}, { CLAUDE_CWD: link })).toThrow('API_KEY')
    mkdirSync(join(folder, 'below'))
    expect(() => start(line, { CLAUDE_CWD: join(folder, 'below') })).not.toThrow()
  })
})
