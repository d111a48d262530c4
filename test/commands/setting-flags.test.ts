import { Command } from 'commander'
import { expect, test } from 'vitest'
import { addSettingFlags, settingFlags, shownDefault } from '../../src/commands/setting-flags.ts'

function parse(...args: readonly string[]) {
  const command = new Command()
  addSettingFlags(command)
  return settingFlags(command.parse(args, { from: 'user' }).opts())
}

test('a flag gives the setting of the same name', () => {
  expect(parse('--max-timeout', '5000', '--model-aliases', '{"a":"b"}')).toEqual({
    MAX_TIMEOUT: '5000',
    MODEL_ALIASES: '{"a":"b"}',
  })
})

test('no flag gives no setting', () => {
  expect(parse()).toEqual({})
})

test('a setting that is true or false takes both senses', () => {
  expect(parse('--strict-port', '--no-egress')).toEqual({ STRICT_PORT: 'true', EGRESS: 'false' })
  expect(parse('--no-strict-port', '--egress')).toEqual({ STRICT_PORT: 'false', EGRESS: 'true' })
})

test('a flag that is true or false leaves the port behind it alone', () => {
  const command = new Command().argument('[port]')
  addSettingFlags(command)
  expect(command.parse(['--strict-port', '9000'], { from: 'user' }).args).toEqual(['9000'])
})

test('defaults read as they would be written', () => {
  expect(shownDefault('PORT')).toBe('8000')
  expect(shownDefault('STRICT_PORT')).toBe('false')
  expect(shownDefault('DATA_DIR')).toBe('~/.dragoman')
  expect(shownDefault('API_KEY')).toBeUndefined()
})
