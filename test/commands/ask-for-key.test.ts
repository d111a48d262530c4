import { afterEach, describe, expect, test } from 'vitest'
import { mayAskForKey } from '../../src/commands/ask-for-key.ts'
import { startInTerminal, type Terminal } from '../support/terminal.ts'

const QUESTION = 'Enable API key protection? (y/N)'
const LISTENS = /listens on (http:\S+)/

describe('who is asked', () => {
  const start = {
    config: { ASK_FOR_KEY: true },
    environment: {},
    hasKey: false,
    isInteractive: true,
    demo: false,
  }

  test('somebody at a terminal who has configured no key', () => {
    expect(mayAskForKey(start)).toBe(true)
    expect(mayAskForKey({ ...start, environment: { CI: 'false' } })).toBe(true)
  })

  test.each([
    ['a key is there', { hasKey: true }],
    ['nobody can answer', { isInteractive: false }],
    ['there is nothing to protect', { demo: true }],
    ['a build server runs it', { environment: { CI: 'true' } }],
    ['the operator does not want it', { config: { ASK_FOR_KEY: false } }],
  ])('nobody when %s', (_, change) => {
    expect(mayAskForKey({ ...start, ...change })).toBe(false)
  })
})

describe.skipIf(process.platform !== 'linux')('at a terminal', () => {
  const terminals: Terminal[] = []
  const open = (...args: readonly string[]): Terminal => {
    const terminal = startInTerminal(['--port', '0', ...args])
    terminals.push(terminal)
    return terminal
  }
  const statusOf = (url: string, path: string, headers: Record<string, string> = {}): Promise<number> =>
    fetch(`${url}${path}`, { headers }).then(({ status }) => status)

  afterEach(() => Promise.all(terminals.splice(0).map((terminal) => terminal.interrupt())))

  test('yes makes a strong key, shows it with a line to try, and asks every caller for it', async () => {
    const terminal = open()
    await terminal.shows(/\(y\/N\) /)
    terminal.type('what?\r')
    await terminal.shows(/what\?[^]*\(y\/N\) /)
    terminal.type('Yes\r')
    const url = await terminal.shows(LISTENS)
    const key = await terminal.shows(/API_KEY=(sk-dragoman-[0-9a-f]{64})/)
    await terminal.shows(new RegExp(`curl [^]*Bearer ${key}`))
    expect(await statusOf(url, '/v1/auth/status')).toBe(401)
    expect(await statusOf(url, '/metrics', { authorization: 'Bearer sk-dragoman-other' })).toBe(401)
    expect(await statusOf(url, '/v1/auth/status', { authorization: `Bearer ${key}` })).toBe(200)
    // Once as a line for .env, once in the line to try, never in the log.
    expect(terminal.screen().split(key)).toHaveLength(3)
  })

  test('Enter means no', async () => {
    const terminal = open()
    await terminal.shows(/\(y\/N\) /)
    terminal.type('\r')
    const url = await terminal.shows(LISTENS)
    expect(await statusOf(url, '/v1/auth/status')).toBe(200)
  })

  test('Ctrl-C at the question ends it', async () => {
    const terminal = open()
    await terminal.shows(/\(y\/N\) /)
    await terminal.interrupt()
    expect(terminal.screen()).not.toMatch(LISTENS)
  })

  test('--no-ask-for-key starts without the question', async () => {
    const terminal = open('--no-ask-for-key')
    await terminal.shows(LISTENS)
    expect(terminal.screen()).not.toContain(QUESTION)
  })
})
