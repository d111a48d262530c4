import { mkdirSync, mkdtempSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import type { Environment, SettingName } from '../../src/config.ts'
import { KEY, startTestEngine, type TestEngine, type TestEngineOptions, textOf } from '../support/engine.ts'
import { workersOf } from '../support/processes.ts'
import { fails, stalls } from '../support/scripted-model-answers.ts'

/** A home in which somebody has logged in with `claude`; the token is made up. */
function homeWithLogin(): string {
  const folder = emptyHome()
  logIn(folder, 'sk-ant-oat01-made-up')
  return folder
}

function emptyHome(): string {
  const folder = join(mkdtempSync(join(tmpdir(), 'dragoman-home-')), '.claude')
  mkdirSync(folder)
  return folder
}

/** Writes what `claude` writes when somebody logs in. */
function logIn(folder: string, accessToken: string): void {
  const login = {
    claudeAiOauth: {
      accessToken,
      refreshToken: 'sk-ant-ort01-made-up',
      expiresAt: Date.now() + 8 * 3_600_000,
      scopes: ['user:inference', 'user:profile'],
      subscriptionType: 'max',
    },
  }
  writeFileSync(join(folder, '.credentials.json'), JSON.stringify(login), { mode: 0o600 })
}

function startWith(variables: Environment, settings: Partial<Record<SettingName, string>> = {}): Promise<TestEngine> {
  const environment: TestEngineOptions['environment'] = (model) => ({
    PATH: process.env['PATH'],
    ANTHROPIC_BASE_URL: model.url,
    ...variables,
  })
  return startTestEngine(settings, { environment })
}

describe('Claude Code logs in', () => {
  it('with the stored login of the CLI, which stays the only thing in its folder', async () => {
    const folder = homeWithLogin()
    await using test = await startWith({ CLAUDE_CONFIG_DIR: folder })
    expect(textOf(await test.ask())).toBe('Hello from the scripted model.')
    expect(test.model.requests[0]?.headers.authorization).toBe('Bearer sk-ant-oat01-made-up')
    expect(test.engine.status()).toMatchObject({ login: "Claude Code's stored login", egress: false })
    expect(readdirSync(folder)).toEqual(['.credentials.json'])
  })

  it.each([
    ['an API key', { ANTHROPIC_API_KEY: KEY }, { 'x-api-key': KEY }, true],
    ['an API key by itself', { ANTHROPIC_API_KEY: KEY, EGRESS: 'false' }, { 'x-api-key': KEY }, false],
    ['an auth token', { ANTHROPIC_AUTH_TOKEN: 'token-1' }, { authorization: 'Bearer token-1' }, true],
    [
      'an auth token by itself',
      { ANTHROPIC_AUTH_TOKEN: 'token-1', EGRESS: 'false' },
      { authorization: 'Bearer token-1' },
      false,
    ],
    ['an OAuth token', { CLAUDE_CODE_OAUTH_TOKEN: 'oauth-1' }, { authorization: 'Bearer oauth-1' }, false],
  ] as const)('with %s', async (_, variables, headers, throughEgress) => {
    await using test = await startWith(variables)
    expect(textOf(await test.ask())).toBe('Hello from the scripted model.')
    expect(test.model.requests[0]?.headers).toMatchObject(headers)
    expect(test.engine.status().egress).toBe(throughEgress)
  })
})

describe('before its first turn the engine is ready', () => {
  it.each<[string, Environment]>([
    ['an auth token by itself', { ANTHROPIC_AUTH_TOKEN: 'token-1', EGRESS: 'false' }],
    ['an OAuth token', { CLAUDE_CODE_OAUTH_TOKEN: 'oauth-1' }],
    [
      'a cloud provider',
      { CLAUDE_CODE_USE_FOUNDRY: '1', ANTHROPIC_FOUNDRY_RESOURCE: 'made-up', ANTHROPIC_FOUNDRY_API_KEY: 'made-up' },
    ],
  ])('with %s', async (_, variables) => {
    await using test = await startWith(variables)
    await test.engine.models()
    expect(test.engine.status()).toMatchObject({ state: 'ready' })
  })
})

describe('the credential', () => {
  it('is in no child: not in its environment, not in its arguments', async () => {
    await using test = await startTestEngine()
    test.model.script(stalls(['Hel']))
    const iterator = test.begin()
    await iterator.next()
    const seen = test
      .workers()
      .map((pid) => readFileSync(`/proc/${pid}/environ`, 'utf8') + readFileSync(`/proc/${pid}/cmdline`, 'utf8'))
    expect(seen.length).toBeGreaterThan(0)
    expect(seen.join('')).not.toContain(KEY)
    await iterator.return?.()
  })

  it('that stops working turns the engine degraded until it works again', async () => {
    await using test = await startTestEngine()
    await test.engine.models()
    test.model.script(fails(401))
    await expect(test.ask()).rejects.toMatchObject({ kind: 'upstream_auth' })
    expect(test.engine.status()).toMatchObject({ state: 'degraded', reason: expect.stringContaining('log in again') })
    await test.ask()
    expect(test.engine.status().state).toBe('ready')
  })
})

describe('without any login', () => {
  it('every turn fails with what to do, and no process is started', async () => {
    await using test = await startWith({}, { CLAUDE_AUTH_METHOD: 'api_key' })
    await expect(test.ask()).rejects.toMatchObject({ kind: 'not_authenticated' })
    await expect(test.engine.models()).rejects.toMatchObject({ kind: 'not_authenticated' })
    expect(test.engine.status()).toMatchObject({ state: 'degraded', login: 'none' })
    expect(workersOf(test.config.DATA_DIR)).toEqual([])
  })
})

describe('a login that is made while the server runs', () => {
  it('is found without a restart', async () => {
    const folder = emptyHome()
    await using test = await startWith({ CLAUDE_CONFIG_DIR: folder }, { CLAUDE_AUTH_METHOD: 'cli' })
    await expect(test.ask()).rejects.toMatchObject({ kind: 'not_authenticated' })
    logIn(folder, 'sk-ant-oat01-made-up')
    expect(textOf(await test.ask())).toBe('Hello from the scripted model.')
    expect(test.engine.status()).toMatchObject({ state: 'ready', auth: { method: 'cli', subscription: 'Claude Max' } })
  })

  it('takes the place of one that was refused', async () => {
    const folder = homeWithLogin()
    await using test = await startWith({ CLAUDE_CONFIG_DIR: folder }, { REUSE_WORKERS: 'true' })
    await test.proven()
    await test.ask()
    // Claude Code refreshes its token and asks once more by itself.
    test.model.script(fails(401), fails(401))
    await expect(test.ask()).rejects.toMatchObject({ kind: 'upstream_auth' })
    logIn(folder, 'sk-ant-oat01-another')
    await test.ask()
    expect(test.model.requests.at(-1)?.headers.authorization).toBe('Bearer sk-ant-oat01-another')
    expect(test.engine.status().state).toBe('ready')
  })
})

describe('a cloud provider', () => {
  it('whose credentials cannot be found turns the engine degraded, and is not tried twice', async () => {
    await using test = await startWith({
      CLAUDE_CODE_USE_BEDROCK: '1',
      AWS_REGION: 'eu-west-1',
      AWS_EC2_METADATA_DISABLED: 'true',
      AWS_CONFIG_FILE: '/nonexistent',
      AWS_SHARED_CREDENTIALS_FILE: '/nonexistent',
    })
    await expect(test.ask({ model: 'claude-sonnet-5' })).rejects.toMatchObject({ kind: 'upstream_auth' })
    expect(test.engine.status()).toMatchObject({ state: 'degraded', reason: expect.stringContaining('credentials') })
    expect(test.log.filter((line) => line.includes('turn failed'))).toHaveLength(1)
  })
})
