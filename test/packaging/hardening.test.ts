/** The examples of docs/hardening.md hold numbers that depend on settings, and names that have to be right. */
import { execFileSync } from 'node:child_process'
import { parseEnv } from 'node:util'
import { describe, expect, test } from 'vitest'
import { SETTING_NAMES } from '../../src/commands/setting-flags.ts'
import { parseConfig } from '../../src/config.ts'
import { textOf } from './dockerfile.ts'

const page = textOf('docs/hardening.md')
const config = parseConfig({})

/** What is between the fences of the first example in a language. */
const example = (language: string): string => page.split(`\`\`\`${language}\n`)[1]?.split('```')[0] ?? ''

describe('the example for nginx', () => {
  const nginx = example('nginx')
  const value = (directive: string): string | undefined => new RegExp(`${directive} (\\S+);`).exec(nginx)?.[1]

  test('passes on at once, and asks once', () => {
    expect(value('proxy_buffering')).toBe('off')
    expect(value('proxy_next_upstream')).toBe('off')
  })

  test('waits for longer than an answer may take', () => {
    expect(Number.parseInt(value('proxy_read_timeout') ?? '', 10) * 1000).toBeGreaterThan(config.MAX_TIMEOUT)
  })

  test('lets bodies through that are refused with an error of the API', () => {
    expect(Number.parseInt(value('client_max_body_size') ?? '', 10) * 1024 ** 2).toBeGreaterThan(config.MAX_BODY_BYTES)
  })

  test('names the host and the caller', () => {
    expect(nginx).toContain('proxy_set_header Host $host;')
    expect(nginx).toContain('proxy_set_header X-Forwarded-For $remote_addr;')
  })
})

test('the example for Caddy leaves out what would let answers run on without a caller', () => {
  expect(example('caddyfile')).toContain('reverse_proxy 127.0.0.1:8000')
  expect(example('caddyfile')).not.toContain('flush_interval')
})

describe('settings that are shown as assignments', () => {
  const shown = ['docs/hardening.md', 'docs/workspaces.md'].flatMap(
    (path) => textOf(path).match(/^[A-Z_]+=.*$/gm) ?? [],
  )
  const expected = {
    ALLOWED_HOSTS: ['llm.example.com'],
    TRUSTED_PROXIES: ['loopback'],
    CLAUDE_CWD: '/srv/project',
    WORKSPACES: { site: '/srv/site', notes: '/srv/notes' },
  }

  test('mean what they say in a shell', () => {
    const values = execFileSync('bash', ['--norc', '-ac', `${shown.join('\n')}\nenv`], {
      env: { PATH: process.env['PATH'] },
    })
    expect(parseConfig(parseEnv(String(values)))).toMatchObject(expected)
  })

  test('mean the same in .env', () => {
    expect(parseConfig(parseEnv(shown.join('\n')))).toMatchObject(expected)
  })

  // systemd takes away quotes around a value, and takes what follows it for part of it.
  test("mean the same in systemd's file, where no comment may follow", () => {
    for (const line of shown) expect(line).toMatch(/^[A-Z_]+=(?:[^'" ]+|'[^']*')$/)
  })
})

test('docker and the compose file give a container the same rights', () => {
  const [run = ''] = /docker run --detach[^]*?dragoman$/m.exec(page) ?? []
  for (const right of ['--read-only', '--tmpfs /tmp:exec', '--cap-drop ALL', '--security-opt no-new-privileges'])
    expect(run).toContain(right)
  expect(run).toContain('--publish 127.0.0.1:')
  const seconds = /--stop-timeout (\d+)/.exec(run)?.[1]
  expect(textOf('compose.yaml')).toContain(`stop_grace_period: ${seconds}s`)
})

test('what it calls a setting is one', () => {
  const known: readonly string[] = [
    ...SETTING_NAMES,
    'ANTHROPIC_API_KEY',
    'ANTHROPIC_BASE_URL',
    'HTTPS_PROXY',
    'COMPOSE_PROFILES',
  ]
  const named = [...page.matchAll(/`([A-Z]+(?:_[A-Z]+)+)\b/g)].map(([, name]) => name ?? '')
  expect(named.length).toBeGreaterThan(20)
  expect(named.filter((name) => !known.includes(name))).toEqual([])
})

test('the directives that it warns of are not in the unit', () => {
  const [, warning = ''] = page.split('Some directives that are often advised')
  const names = [...warning.matchAll(/`([A-Z][A-Za-z]+)`/g)].map(([, name]) => name ?? '')
  expect(names).toContain('RestrictNamespaces')
  for (const name of names.filter((each) => each !== 'NoNewPrivileges')) {
    expect(textOf('packaging/dragoman.service')).not.toMatch(new RegExp(`^${name}=`, 'm'))
  }
})
