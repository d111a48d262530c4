import { expect, test } from 'vitest'
import { exposureProblem, exposureWarning, isLoopback } from '../../src/commands/exposure.ts'

test.each(['127.0.0.1', '127.8.0.1', '::1', 'localhost', 'LOCALHOST', '::ffff:127.0.0.1'])('%s is loopback', (host) => {
  expect(isLoopback(host)).toBe(true)
})

test.each(['0.0.0.0', '::', '192.168.1.2', '127.0.0.1.example.com', 'my-machine', '::ffff:10.0.0.1'])(
  '%s is not loopback',
  (host) => {
    expect(isLoopback(host)).toBe(false)
  },
)

test('an address beyond loopback needs a key', () => {
  expect(exposureProblem({ HOST: '0.0.0.0', API_KEY: undefined }, false)).toContain('API_KEY')
  expect(exposureProblem({ HOST: '0.0.0.0', API_KEY: 'key' }, false)).toBeUndefined()
  expect(exposureProblem({ HOST: '0.0.0.0', API_KEY: undefined }, true)).toBeUndefined()
})

test('a proxy before a server without keys is warned of', () => {
  const local = { API_KEY: undefined, ALLOWED_HOSTS: [], TRUSTED_PROXIES: [] }
  expect(exposureWarning(local, false)).toBeUndefined()
  expect(exposureWarning({ ...local, ALLOWED_HOSTS: ['llm.example.com'] }, false)).toMatch(/^ALLOWED_HOSTS is set/)
  expect(exposureWarning({ ...local, TRUSTED_PROXIES: ['loopback'] }, false)).toMatch(/^TRUSTED_PROXIES is set/)
  expect(exposureWarning({ ...local, TRUSTED_PROXIES: ['loopback'] }, true)).toBeUndefined()
  expect(exposureWarning({ ...local, TRUSTED_PROXIES: ['loopback'], API_KEY: 'key' }, false)).toBeUndefined()
})
