import { execFileSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { homedir, tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { loadEnvironment, parseConfig } from '../src/config.ts'

let folder = ''
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'dragoman-config-'))
})
afterEach(() => rmSync(folder, { recursive: true, force: true }))

describe('a setting', () => {
  it('of a flag wins over the environment', () => {
    expect(parseConfig({ PORT: '9000' }, { PORT: '9001' }).PORT).toBe(9001)
  })

  it('that is empty is as if it were not there', () => {
    expect(parseConfig({ PORT: '', API_KEY: '' })).toMatchObject({ PORT: 8000, API_KEY: undefined })
  })

  it.each(['two words', 'schlüssel', 'a\tb'])(
    'API_KEY that no header can hold is refused, and not shown: %s',
    (key) => {
      expect(() => parseConfig({ API_KEY: key })).toThrow(/^[^ ]* *that cannot be used:\n {2}API_KEY: expected/)
      expect(() => parseConfig({ API_KEY: key })).not.toThrow(key)
    },
  )

  it('JSON whose quotes a shell took away is told how to keep them', () => {
    expect(() => parseConfig({ ALLOWED_HOSTS: '[llm.example.com]' })).toThrow(
      /expected JSON; in a shell, .* single quotes$/,
    )
    expect(() => parseConfig({ ALLOWED_HOSTS: '["llm.example.com"' })).toThrow(/expected JSON$/)
  })

  it.each(['DATA_DIR', 'CLAUDE_CLI_PATH'] as const)('%s that is relative is meant from here', (name) => {
    expect(parseConfig({ [name]: './mine' })[name]).toBe(resolve('mine'))
    expect(parseConfig({ [name]: '~/mine' })[name]).toBe(join(homedir(), 'mine'))
    expect(parseConfig({ [name]: '/srv/~/mine' })[name]).toBe('/srv/~/mine')
  })
})

describe('DATA_DIR', () => {
  it.each(['/proc', '/proc/self/mine', '/tmp/../proc/mine'])(
    'is not %s, where making it would never end',
    (DATA_DIR) => {
      expect(() => parseConfig({ DATA_DIR })).toThrow('no folder can be made there')
    },
  )
})

describe('the file .env', () => {
  it('gives what the environment does not', () => {
    writeFileSync(join(folder, '.env'), '# mine\nDRAGOMAN_TEST_ONLY="a b"\nPATH=/nowhere\n')
    expect(loadEnvironment(folder)).toMatchObject({ DRAGOMAN_TEST_ONLY: 'a b', PATH: process.env['PATH'] })
  })

  it('may be missing', () => {
    expect(loadEnvironment(folder)['PATH']).toBe(process.env['PATH'])
  })

  it('that is a pipe is not waited for', () => {
    execFileSync('mkfifo', [join(folder, '.env')])
    expect(() => loadEnvironment(folder)).toThrow(join(folder, '.env'))
  })

  it('that cannot be read is an error that names it', () => {
    mkdirSync(join(folder, '.env'))
    expect(() => loadEnvironment(folder)).toThrow(`${join(folder, '.env')} is no file: mend that, or`)
  })
})
