/** What can be told of the unit without systemd running. */
import { expect, test } from 'vitest'
import { parseConfig } from '../../src/config.ts'
import { textOf } from './dockerfile.ts'

const unit = textOf('packaging/dragoman.service')
const lines = unit.split('\n').filter((line) => line !== '' && !line.startsWith('#'))

/** Each directive with its values; one may be given several times. */
const directives = new Map<string, string[]>()
for (const line of lines.filter((each) => !each.startsWith('['))) {
  const [, name = line, value = ''] = /^([A-Za-z]+)=(.*)$/.exec(line) ?? []
  directives.set(name, [...(directives.get(name) ?? []), value])
}
const value = (name: string): string | undefined => directives.get(name)?.at(-1)

test('it has its three sections, and every other line is a directive', () => {
  expect(lines.filter((line) => line.startsWith('['))).toEqual(['[Unit]', '[Service]', '[Install]'])
  for (const line of lines) expect(line).toMatch(/^(?:\[\w+\]|[A-Z][A-Za-z]+=.*)$/)
})

test('the server is not root, and cannot become it', () => {
  expect(value('User')).toBe('dragoman')
  expect(value('NoNewPrivileges')).toBe('yes')
  expect(value('CapabilityBoundingSet')).toBe('')
})

test('its data folder is the one that systemd makes for it', () => {
  expect(directives.get('Environment')).toContain(`DATA_DIR=/var/lib/${value('StateDirectory')}`)
  expect(value('StateDirectoryMode')).toBe('0700')
})

test('a stop lets running answers end, and leaves nothing behind', () => {
  expect(value('KillMode')).toBe('mixed')
  expect(Number(value('TimeoutStopSec')) * 1000).toBeGreaterThan(parseConfig({}).DRAIN_TIMEOUT + 6_000)
})

test('a setting that cannot be used is not tried again and again', () => {
  expect(value('Restart')).toBe('on-failure')
  expect(value('RestartPreventExitStatus')).toBe('2')
})

test("one of Claude Code's processes that takes too much memory does not end the server", () => {
  expect(value('OOMPolicy')).toBe('continue')
})

test.each(['RestrictNamespaces', 'ProtectKernelTunables', 'ProtectKernelLogs', 'ProcSubset', 'MemoryDenyWriteExecute'])(
  '%s, with which neither the sandbox nor JavaScript works, is not set',
  (name) => {
    expect(directives.has(name)).toBe(false)
  },
)

test('system calls that the sandbox needs are left to it', () => {
  const filter = value('SystemCallFilter') ?? ''
  expect(filter).toMatch(/^~(?:@[\w-]+ ?)+$/)
  for (const group of ['@mount', '@process', '@privileged', '@default', '@sandbox', '@setuid']) {
    expect(filter.slice(1).split(' ')).not.toContain(group)
  }
  expect(value('RestrictAddressFamilies')?.split(' ')).toEqual(
    expect.arrayContaining(['AF_INET', 'AF_INET6', 'AF_UNIX', 'AF_NETLINK']),
  )
})
