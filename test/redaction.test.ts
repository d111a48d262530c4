import { expect, it } from 'vitest'
import { createRedaction } from '../src/redaction.ts'

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
])('takes out a secret %s', (_, text, redacted) => {
  expect(redact(text)).toBe(redacted)
})

it.each<[what: string, text: string]>([
  ['hyphens', 'a-'.repeat(50_000)],
  ['backslashes', '\\'.repeat(200_000)],
])('many %s cost no time', (_, text) => {
  const began = performance.now()
  expect(redact(text)).toBe(text)
  expect(performance.now() - began).toBeLessThan(1000)
})
