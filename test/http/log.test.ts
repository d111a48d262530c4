import { expect, test } from 'vitest'
import { createLogger, type LoggerOptions } from '../../src/log.ts'

function logger(options: Partial<LoggerOptions> = {}) {
  let text = ''
  const stream = { write: (line: string) => void (text += line) }
  return { log: createLogger({ level: 'trace', pretty: false, stream, ...options }), text: () => text }
}

const SECRETS: readonly (readonly [string, object | string])[] = [
  ['a header', { headers: { authorization: 'Bearer hunter2secret' } }],
  ['a header of another name', { 'x-api-key': 'hunter2secret' }],
  ['a list of headers', { cookie: ['a=hunter2secret', 'b=hunter2secret'] }],
  ['a variable', { ANTHROPIC_API_KEY: 'hunter2secret', CLAUDE_CODE_OAUTH_TOKEN: 'hunter2secret' }],
  ['a token', { token: 'hunter2secret', access_token: 'hunter2secret' }],
  ['a value with quotes', { password: 'x"hunter2secret"y' }],
  ['a key in a text', 'failed with sk-ant-api03-hunter2secret'],
  ['a bearer in a text', 'sent authorization: Bearer hunter2secret'],
  ['an assignment in a text', 'ran with ANTHROPIC_AUTH_TOKEN=hunter2secret --x'],
  ['a query in a text', 'GET /v1/models?api_key=hunter2secret&a=1'],
  ['an error', { err: new Error('no: sk-hunter2secret') }],
  ['the cause of an error', { err: new Error('no', { cause: new Error('Bearer hunter2secret') }) }],
  ['JSON in a text', { body: JSON.stringify({ api_key: 'hunter2secret' }) }],
  ['JSON in JSON', { line: JSON.stringify({ env: JSON.stringify({ ANTHROPIC_API_KEY: 'hunter2secret' }) }) }],
]

test.each(SECRETS)('%s is not written, at any level', (_, what) => {
  for (const level of ['trace', 'debug', 'info', 'warn', 'error', 'fatal'] as const) {
    const { log, text } = logger()
    if (typeof what === 'string') log[level](what)
    else log[level](what, 'event')
    expect(text()).not.toContain('hunter2secret')
    expect(() => void JSON.parse(text())).not.toThrow()
  }
})

test('the configured key is not written, whatever it looks like and wherever it stands', () => {
  const { log, text } = logger({ secrets: ['plain "words"'] })
  log.child({ note: 'plain "words"' }).info('with plain "words" inside')
  expect(text()).not.toContain('words')
})

test('what is no secret is left as it is', () => {
  const { log, text } = logger()
  log.info({ max_tokens: 5, tokens: 7, route: '/v1/chat/completions', model: 'task-sk' }, 'token deltas')
  expect(JSON.parse(text())).toMatchObject({ max_tokens: 5, tokens: 7, model: 'task-sk', msg: 'token deltas' })
})

test('a line break in a value makes no second line', () => {
  const { log, text } = logger()
  log.info({ clientRequestId: 'a\n{"level":60,"msg":"forged"}' }, 'request')
  expect(text().trimEnd().split('\n')).toHaveLength(1)
})

test('for people the line is readable, and still without secrets', () => {
  const { log, text } = logger({ pretty: true })
  log.info({ token: 'hunter2secret' }, 'request')
  expect(text()).toMatch(/INFO.*request/)
  expect(text()).not.toContain('hunter2secret')
})

test('for people the stack of an error is without secrets too, and stays on lines of its own', () => {
  const { log, text } = logger({ pretty: true })
  const cause = new Error('-----BEGIN PRIVATE KEY-----\nhunter2secret\n-----END PRIVATE KEY-----')
  log.error({ err: new Error('connect https://me:hunter2secret@host', { cause }) }, 'failed')
  expect(text()).toMatch(/^ +at .+log\.test/m)
  expect(text()).not.toContain('hunter2secret')
})
