import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { parseConfig } from '../src/config.ts'

let folder = ''
let path = ''
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'dragoman-settings-'))
  path = join(folder, 'dragoman.json')
})
afterAll(() => rmSync(folder, { recursive: true, force: true }))

function parse(text: string, environment: Record<string, string> = {}, flags: Record<string, string> = {}) {
  writeFileSync(path, text)
  return parseConfig({ CONFIG_FILE: path, ...environment }, flags)
}

describe('the file of settings', () => {
  it('gives what neither a flag nor the environment says', () => {
    const text = '{ "PORT": 1, "MAX_QUEUE": 2, "MAX_SESSIONS": 3, "DEFAULT_MODEL": "opus" }'
    const config = parse(text, { PORT: '11', MAX_QUEUE: '12', DEFAULT_MODEL: '' }, { PORT: '21' })
    expect(config).toMatchObject({ PORT: 21, MAX_QUEUE: 12, MAX_SESSIONS: 3, DEFAULT_MODEL: 'opus' })
  })

  it('takes comments, and numbers, flags and lists as JSON has them', () => {
    const text = `{
      // what our web application needs
      "CORS_ORIGINS": ["https://app.example.com"],
      "MODEL_ALIASES": { "gpt-4o": "sonnet" }, /* and its models */
      "STRICT_PARAMS": true,
      "TOOLS_ALLOWED": ["Read", "run_command"],
      "DEFAULT_MODEL": null,
    }`
    expect(parse(text)).toMatchObject({
      CORS_ORIGINS: ['https://app.example.com'],
      MODEL_ALIASES: { 'gpt-4o': 'sonnet' },
      STRICT_PARAMS: true,
      TOOLS_ALLOWED: ['Read', 'Bash'],
      DEFAULT_MODEL: undefined,
    })
  })

  it.each([
    ['{\n  "MAX_QEUE": 5\n}', ':2: "MAX_QEUE" is no setting: did you mean MAX_QUEUE?'],
    ['{\n  "port": 5\n}', ':2: "port" is no setting: did you mean PORT?'],
    ['{ "ANTHROPIC_API_KEY": "sk" }', ':1: "ANTHROPIC_API_KEY" is no setting; docs/settings.md'],
    ['{\n\n  "PORT": "many"\n}', ':3: PORT=many: expected a whole number'],
    ['{\n  "PORT": 1,\n  "PORT": 2\n}', ':3: PORT stands here a second time'],
    ['{\n  "PORT": 1\n  "HOST": "::"\n}', ':3: no JSON: comma expected'],
    ['{\n  "PORT": 1', ':2: no JSON: close brace expected'],
    ['[]', ':1: expected an object of settings'],
    ['', ':1: no JSON: value expected'],
    ['{ "CONFIG_FILE": "other.json" }', ':1: CONFIG_FILE can be a flag or a variable alone'],
    ['{"a":'.repeat(100_000), ': is nested too deeply'],
    [' '.repeat(1_000_001), ': is larger than 1000000 bytes'],
  ])('is refused by file and line: %.40s', (text, problem) => {
    expect(() => parse(text)).toThrow(`${path}${problem}`)
  })

  it('tells all that is wrong at once, and no secret', () => {
    const wrong = (): unknown => parse('{\n"PORT": "x",\n"API_KEY": "my secret",\n"NOPE_NOPE": 1\n}')
    expect(wrong).toThrow(/:4: "NOPE_NOPE"[^]*:2: PORT=x[^]*:3: API_KEY: expected/)
    expect(wrong).not.toThrow('my secret')
  })

  it.each(['/nonexistent/dragoman.json', '/dev/zero', tmpdir()])('that is none is refused: %s', (file) => {
    expect(() => parseConfig({}, { CONFIG_FILE: file })).toThrow(`${file}: `)
  })
})
