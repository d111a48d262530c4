import { expect, it } from 'vitest'
import { childEnvironment } from '../../src/engine/environment.ts'

const child = {
  environment: {
    PATH: '/bin',
    HOME: '/operator',
    ANTHROPIC_API_KEY: 'secret',
    AWS_SECRET_ACCESS_KEY: 'secret',
    DATABASE_URL: 'secret',
    HTTPS_PROXY: 'http://proxy',
    NO_PROXY: 'internal',
    LANG: 'C.UTF-8',
  },
  workerId: 'w1',
  home: '/home-of-child',
  access: { ANTHROPIC_BASE_URL: 'http://127.0.0.1:1/token' },
  throughEgress: true,
}

it('gives a child only what is on the list', () => {
  const env = childEnvironment(child)
  expect(JSON.stringify(env)).not.toContain('secret')
  expect(env).toMatchObject({
    PATH: '/bin',
    LANG: 'C.UTF-8',
    HOME: '/home-of-child',
    CLAUDE_CONFIG_DIR: '/home-of-child/.claude',
    CLAUDE_CODE_TMPDIR: '/home-of-child',
    DRAGOMAN_WORKER: 'w1',
  })
})

it('keeps loopback away from any proxy', () => {
  expect(childEnvironment(child)['NO_PROXY']).toBe('internal,127.0.0.1,localhost')
})

it('names the proxy only to a child that goes out by itself', () => {
  expect(childEnvironment(child)).not.toHaveProperty('HTTPS_PROXY')
  expect(childEnvironment({ ...child, throughEgress: false })).toHaveProperty('HTTPS_PROXY', 'http://proxy')
})
