import { expect, test } from 'vitest'
import { demoEnvironment } from '../../src/commands/demo-environment.ts'

const URL = 'http://127.0.0.1:1'

test('no login, model API or proxy of the machine gets into the demo', () => {
  const environment = demoEnvironment(
    {
      ANTHROPIC_API_KEY: 'real',
      ANTHROPIC_AUTH_TOKEN: 'real',
      ANTHROPIC_BASE_URL: 'https://real.example',
      CLAUDE_CODE_OAUTH_TOKEN: 'real',
      CLAUDE_CODE_USE_BEDROCK: '1',
      CLAUDE_CONFIG_DIR: '/home/real/.claude',
      AWS_SECRET_ACCESS_KEY: 'real',
      HTTPS_PROXY: 'http://real.example',
    },
    URL,
  )
  expect(environment).toEqual({ ANTHROPIC_BASE_URL: URL, ANTHROPIC_API_KEY: 'demo' })
})

test('settings and what programs need to run stay', () => {
  const kept = { PATH: '/bin', HOME: '/home/me', PORT: '9000', API_KEY: 'mine', CLAUDE_CLI_PATH: '/opt/claude' }
  expect(demoEnvironment(kept, URL)).toMatchObject(kept)
})
