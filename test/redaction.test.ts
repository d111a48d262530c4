import fc from 'fast-check'
import { expect, it } from 'vitest'
import { createRedaction, secretsIn } from '../src/redaction.ts'

const redact = createRedaction([])

it.each<[what: string, text: string, redacted: string]>([
  ['behind a name with hyphens', 'my-own-api-key=abc', 'my-own-api-key=[redacted]'],
  ['in a query', '/v1?token=abc&x=1', '/v1?token=[redacted]&x=1'],
  ['in JSON in a string', String.raw`"{\"token\":\"abc\"}"`, String.raw`"{\"token\":\"[redacted]\"}"`],
  [
    'in JSON in a string in a string',
    String.raw`"{\\\"password\\\": \\\"abc\\\"}"`,
    String.raw`"{\\\"password\\\": \\\"[redacted]\\\"}"`,
  ],
  ['in a URL', 'connect postgres://me:pass:word@db/x', 'connect postgres://[redacted]@db/x'],
  ['in a URL without a user', 'redis://:abc@cache', 'redis://[redacted]@cache'],
  ['behind pwd', 'db_pwd=abc passwd=abc', 'db_pwd=[redacted] passwd=[redacted]'],
  ['of AWS', '{"AWS_SECRET_ACCESS_KEY":"abc/def+"}', '{"AWS_SECRET_ACCESS_KEY":"[redacted]"}'],
  [
    'that is a private key',
    String.raw`-----BEGIN RSA PRIVATE KEY-----\nMIIEabc\n-----END RSA PRIVATE KEY-----\nmore`,
    String.raw`[redacted]\nmore`,
  ],
  ['that is a private key cut off', String.raw`{"pem":"-----BEGIN PRIVATE KEY-----\nMIIEabc`, '{"pem":"[redacted]'],
])('takes out a secret %s', (_, text, redacted) => {
  expect(redact(text)).toBe(redacted)
})

/** Put together here, so that nobody who looks for leaked keys finds one. */
const FORMS: readonly (readonly [of: string, secret: string])[] = [
  ['Anthropic', `sk-ant-api03-${'a1B2'.repeat(8)}`],
  ['Claude', `sk-ant-oat01-${'a1B2'.repeat(8)}`],
  ['OpenAI', `sk-proj-${'a1B2'.repeat(8)}`],
  ['Dragoman', `sk-dragoman-${'a1B2'.repeat(8)}`],
  ['AWS', `AKIA${'A1B2'.repeat(4)}`],
  ['AWS for a while', `ASIA${'A1B2'.repeat(4)}`],
  ['GitHub', `ghp_${'a1B2'.repeat(9)}`],
  ['GitHub, of the newer form', `github_pat_${'a1B2_'.repeat(9)}`],
  ['Slack', `xoxb-${'1234-'.repeat(4)}abc`],
  ['Google', `AIza${'a1B2'.repeat(9)}`],
  ['a server, cut off', '-----BEGIN EC PRIVATE KEY-----MIIEabc'],
  ['a JSON web token', `eyJhbGciOiJI.eyJzdWIiOiIx.${'a1B2'.repeat(4)}`],
]

const around = fc.string({ unit: fc.constantFrom(' ', '\n', '"', '\\', "'", '{', ':', ',', 'é', '(', '.') })

it.each(FORMS)('a key of %s is taken out wherever it stands, and JSON stays JSON', (_, secret) => {
  fc.assert(
    fc.property(around, around, fc.nat(2), (before, after, depth) => {
      let line: unknown = `${before} ${secret} ${after}`
      for (let level = 0; level < depth; level += 1) line = JSON.stringify({ line })
      const redacted = redact(JSON.stringify({ line }))
      expect(redacted).not.toContain(secret)
      expect(() => void JSON.parse(redacted)).not.toThrow()
    }),
    { numRuns: 50 },
  )
})

it('a known secret is taken out of JSON in JSON and of a URL too', () => {
  fc.assert(
    fc.property(fc.string({ minLength: 6 }), fc.nat(1), (secret, depth) => {
      let line: unknown = secret
      for (let level = 0; level < depth; level += 1) line = JSON.stringify({ line })
      const redacted = createRedaction([secret])(JSON.stringify({ note: 1, line }))
      expect(JSON.parse(redacted)).toHaveProperty('line', expect.stringContaining('[redacted]'))
    }),
    { numRuns: 100 },
  )
  expect(createRedaction(['a secret/1'])('GET /?q=a%20secret%2F1')).toBe('GET /?q=[redacted]')
})

it.each([
  ['task-sk', 'max_tokens=5', 'input_tokens: 7'],
  ['https://example.com/a:b/c', 'http://127.0.0.1:8000/v1', 'mail me@example.com'],
  ['-----BEGIN CERTIFICATE-----', 'secretary', 'tokenizer', 'the bearer of this'],
])('leaves %s, %s and %s as they are', (...texts) => {
  for (const text of texts) expect(redact(text)).toBe(text)
})

it.each([
  ['a string', `"${'a'.repeat(20_000_000)}"`],
  ['a string of escapes', `"${String.raw`\n`.repeat(5_000_000)}"`],
  ['a list', `["${'a","'.repeat(3_000_000)}]"]`],
])('a secret of megabytes goes, be it %s', (_, value) => {
  expect(redact(`{"token": ${value}, "rest": 1}`)).toBe('{"token": "[redacted]", "rest": 1}')
})

it('one in a string of JSON goes too, and a key of megabytes is no trouble', () => {
  const inner = JSON.stringify({ token: 'a'.repeat(20_000_000), rest: 1 })
  expect(redact(JSON.stringify(inner))).toBe(JSON.stringify('{"token":"[redacted]","rest":1}'))
  expect(redact(`-----BEGIN PRIVATE KEY-----${'a'.repeat(20_000_000)}`)).toMatch(/^\[redacted\]/)
  for (const form of ['sk-', 'ghp_', 'AIza', 'ya29.', 'Bearer ', 'eyJaaaaaaaa.']) {
    expect(redact(form + 'a'.repeat(10_000_000)).length).toBeLessThan(30)
  }
})

it.each<[what: string, text: string]>([
  ['hyphens', 'a-'.repeat(50_000)],
  ['backslashes', '\\'.repeat(200_000)],
  ['beginnings of URLs', '://a:'.repeat(30_000)],
  ['beginnings of tokens', 'eyJ'.repeat(60_000)],
  ['beginnings of tokens with hyphens', 'eyJaaaaaaaa-'.repeat(40_000)],
  ['beginnings of keys', '-----BEGIN PRIVATE'.repeat(10_000)],
  ['beginnings of fields', '"token":['.repeat(60_000)],
  [
    'depths of strings in strings',
    Array.from({ length: 1400 }, (_, at) => '-token-:-'.replaceAll('-', `${'\\'.repeat(1400 - at)}"`)).join(''),
  ],
])('many %s cost no time', (_, text) => {
  const began = performance.now()
  expect(redact(text)).toBe(text)
  expect(performance.now() - began).toBeLessThan(1000)
})

it('secrets are found by the names of variables, and passwords in their URLs', () => {
  const secrets = secretsIn({
    API_KEY: 'one',
    HTTPS_PROXY: 'http://me:two%21@proxy:3128',
    DATABASE_URL: 'postgres://db/three',
    GOOGLE_APPLICATION_CREDENTIALS: '/etc/four.json',
    HOME: '/five',
    EMPTY_TOKEN: '',
    AWS_BEARER_TOKEN_BEDROCK: 'six',
    CLIENT_KEY_PASSPHRASE: 'seven',
  })
  expect(secrets).toEqual(['one', 'two%21', 'two!', 'six', 'seven'])
})
