import { mkdirSync, mkdtempSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import type { AUTH_METHODS, Environment } from '../../src/config.ts'
import { detectLogin } from '../../src/engine/login.ts'

function detect(
  environment: Environment,
  method?: (typeof AUTH_METHODS)[number],
  home = '/nonexistent',
): ReturnType<typeof detectLogin> {
  return detectLogin({ environment, CLAUDE_AUTH_METHOD: method }, home)
}

function homeWithLogin(): string {
  const home = mkdtempSync(join(tmpdir(), 'dragoman-login-'))
  mkdirSync(join(home, '.claude'))
  writeFileSync(join(home, '.claude', '.credentials.json'), '{}')
  return home
}

describe('login', () => {
  it.each([
    ['api_key', { ANTHROPIC_API_KEY: 'k' }],
    ['auth_token', { ANTHROPIC_AUTH_TOKEN: 't', ANTHROPIC_API_KEY: 'k' }],
    ['oauth_token', { CLAUDE_CODE_OAUTH_TOKEN: 'o' }],
    ['bedrock', { CLAUDE_CODE_USE_BEDROCK: '1', ANTHROPIC_API_KEY: 'k' }],
    ['vertex', { CLAUDE_CODE_USE_VERTEX: 'true' }],
    ['foundry', { CLAUDE_CODE_USE_FOUNDRY: '1', ANTHROPIC_FOUNDRY_RESOURCE: 'r' }],
  ] as const)('is %s with %o', (method, environment) => {
    expect(detect(environment)).toMatchObject({ login: { method } })
  })

  it('is the stored CLI login when nothing else is set', () => {
    const home = homeWithLogin()
    expect(detect({}, undefined, home)).toMatchObject({
      login: { method: 'cli', env: { CLAUDE_SECURESTORAGE_CONFIG_DIR: join(home, '.claude') } },
    })
  })

  it('looks for the CLI login where CLAUDE_CONFIG_DIR points', () => {
    const folder = join(homeWithLogin(), '.claude')
    expect(detect({ CLAUDE_CONFIG_DIR: folder })).toMatchObject({ login: { method: 'cli' } })
  })

  it('takes the CLI login before a key when the operator asks for it', () => {
    expect(detect({ ANTHROPIC_API_KEY: 'k' }, 'cli', homeWithLogin())).toMatchObject({ login: { method: 'cli' } })
  })

  it.each([
    ['cli', { CLAUDE_CODE_USE_BEDROCK: '1', ANTHROPIC_API_KEY: 'k', CLAUDE_CODE_OAUTH_TOKEN: 'o' }, 'oauth_token'],
    ['api_key', { CLAUDE_CODE_USE_BEDROCK: '1', ANTHROPIC_API_KEY: 'k' }, 'api_key'],
    ['bedrock', { CLAUDE_CODE_USE_VERTEX: '1' }, 'bedrock'],
    ['vertex', { ANTHROPIC_API_KEY: 'k' }, 'vertex'],
    ['foundry', { ANTHROPIC_API_KEY: 'k', ANTHROPIC_FOUNDRY_RESOURCE: 'r' }, 'foundry'],
  ] as const)('is what CLAUDE_AUTH_METHOD=%s asks for, whatever else is set', (asked, environment, method) => {
    expect(detect(environment, asked)).toMatchObject({ login: { method } })
  })

  it.each([
    ['a provider without its resource', { CLAUDE_CODE_USE_FOUNDRY: '1' }, undefined, 'ANTHROPIC_FOUNDRY_RESOURCE'],
    ['a token given as a key', { ANTHROPIC_API_KEY: 'sk-ant-oat01-x' }, undefined, 'CLAUDE_CODE_OAUTH_TOKEN'],
    ['an address that is none', { ANTHROPIC_API_KEY: 'k', ANTHROPIC_BASE_URL: 'me' }, undefined, 'ANTHROPIC_BASE_URL'],
    ['no Claude account', { ANTHROPIC_API_KEY: 'k' }, 'cli', 'dragoman login'],
  ] as const)('does not work with %s, and says what to do', (_, environment, asked, name) => {
    expect(detect(environment, asked)).toEqual({ missing: expect.stringContaining(name) })
  })

  it.each([
    ['CLAUDE_CODE_USE_BEDROCK', {}, ['AWS_REGION', 'AWS_PROFILE']],
    ['CLAUDE_CODE_USE_BEDROCK', { AWS_REGION: 'eu-west-1', AWS_BEARER_TOKEN_BEDROCK: 'b' }, []],
    ['CLAUDE_CODE_USE_BEDROCK', { AWS_REGION: 'eu-west-1' }, ['AWS_PROFILE']],
    ['CLAUDE_CODE_USE_VERTEX', {}, ['ANTHROPIC_VERTEX_PROJECT_ID', 'CLOUD_ML_REGION', 'gcloud auth']],
    [
      'CLAUDE_CODE_USE_VERTEX',
      { CLOUD_ML_REGION: 'global', GOOGLE_CLOUD_PROJECT: 'p', GOOGLE_APPLICATION_CREDENTIALS: '/c.json' },
      [],
    ],
    ['CLAUDE_CODE_USE_FOUNDRY', { ANTHROPIC_FOUNDRY_RESOURCE: 'r' }, ['ANTHROPIC_FOUNDRY_API_KEY']],
    ['CLAUDE_CODE_USE_FOUNDRY', { ANTHROPIC_FOUNDRY_BASE_URL: 'https://x', ANTHROPIC_FOUNDRY_API_KEY: 'k' }, []],
  ] as const)('with %s and %o may want for %o', (flag, environment, missing) => {
    const named = missing.map((name) => expect.stringContaining(name))
    expect(detect({ [flag]: '1', ...environment })).toMatchObject({ login: { missing: named } })
  })

  it('says where the operator keeps the login of a provider, because a child has a home of its own', () => {
    const home = mkdtempSync(join(tmpdir(), 'dragoman-login-'))
    mkdirSync(join(home, '.aws'))
    writeFileSync(join(home, '.aws', 'credentials'), '')
    const file = join(home, '.aws', 'credentials')
    const bedrock = { CLAUDE_CODE_USE_BEDROCK: '1', AWS_REGION: 'eu-west-1' }
    expect(detect(bedrock, undefined, home)).toMatchObject({
      login: { env: { AWS_SHARED_CREDENTIALS_FILE: file }, missing: [] },
    })
    expect(detect({ ...bedrock, AWS_SHARED_CREDENTIALS_FILE: '/mine' }, undefined, home)).toMatchObject({
      login: { env: { AWS_SHARED_CREDENTIALS_FILE: '/mine' } },
    })
  })

  it('says what is missing when there is nothing to log in with', () => {
    expect(detect({})).toEqual({ missing: expect.stringContaining('ANTHROPIC_API_KEY') })
  })

  it('says what is missing when the method that was asked for has nothing', () => {
    expect(detect({ CLAUDE_CODE_OAUTH_TOKEN: 'o' }, 'api_key')).toEqual({
      missing: expect.stringContaining('ANTHROPIC_API_KEY'),
    })
  })

  it.each([
    ['api_key', { ANTHROPIC_API_KEY: 'k' }, { header: 'x-api-key', value: 'k' }],
    ['auth_token', { ANTHROPIC_AUTH_TOKEN: 't' }, { header: 'authorization', value: 'Bearer t' }],
  ] as const)('lets the egress hold the credential of %s', (_, environment, credential) => {
    expect(detect(environment)).toMatchObject({
      login: { egress: { upstream: 'https://api.anthropic.com', credential } },
    })
  })

  it('keeps a custom base URL as the upstream', () => {
    const result = detect({ ANTHROPIC_API_KEY: 'k', ANTHROPIC_BASE_URL: 'http://127.0.0.1:1/prefix' })
    expect(result).toMatchObject({ login: { egress: { upstream: 'http://127.0.0.1:1/prefix' } } })
  })

  it.each([
    ['oauth_token', { CLAUDE_CODE_OAUTH_TOKEN: 'o' }],
    ['bedrock', { CLAUDE_CODE_USE_BEDROCK: '1' }],
  ] as const)('has no egress for %s', (_, environment) => {
    const result = detect(environment)
    expect('login' in result && result.login.egress).toBeUndefined()
  })

  it('hands a provider its own variables and no others', () => {
    const result = detect({
      CLAUDE_CODE_USE_BEDROCK: '1',
      AWS_REGION: 'eu',
      GOOGLE_CLOUD_PROJECT: 'x',
      ANTHROPIC_API_KEY: 'k',
      SECRET: 's',
    })
    expect('login' in result && result.login.env).toEqual({
      CLAUDE_CODE_USE_BEDROCK: '1',
      AWS_REGION: 'eu',
      CLAUDE_CODE_SIMPLE: '1',
    })
  })
})
