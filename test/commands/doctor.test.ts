import { chmodSync, mkdirSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { checkBinary } from '../../src/commands/doctor-binary.ts'
import { checkDataFolder } from '../../src/commands/doctor-data-folder.ts'
import { checkLogin } from '../../src/commands/doctor-login.ts'
import { checkNode } from '../../src/commands/doctor-machine.ts'
import { checkAddress, checkPort } from '../../src/commands/doctor-network.ts'
import { checkSandbox } from '../../src/commands/doctor-sandbox.ts'
import { detectSandbox } from '../../src/engine/own-tools/detect-sandbox.ts'
import { runDragoman, startDragoman } from '../support/dragoman-process.ts'

let folder = ''

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'dragoman-doctor-'))
})
afterEach(() => rmSync(folder, { recursive: true, force: true }))

function fakeBinary(version: string): string {
  const path = join(folder, 'claude')
  writeFileSync(path, `#!/bin/sh\necho '${version}'\n`, { mode: 0o755 })
  return path
}

test('a machine with a login is ready, and no secret is printed', async () => {
  const { code, stdout } = await runDragoman(['doctor', '--port', '0'], {
    env: { ANTHROPIC_API_KEY: 'sk-ant-made-up' },
  })
  expect(stdout).toContain('✓ login            found: ANTHROPIC_API_KEY')
  expect(stdout).not.toContain('✗')
  expect(stdout).not.toContain('made-up')
  expect(code).toBe(0)
})

test('--bundle writes what is there to a file that holds no secret', async () => {
  const path = join(folder, 'bundle.json')
  const env = {
    ANTHROPIC_API_KEY: 'sk-ant-made-up',
    API_KEY: 'a-key-of-mine',
    DATABASE_URL: 'postgres://me:open-sesame@127.0.0.1:1/db',
    KEY_PEPPER: 'pepper-pepper-pepper-pepper-pepper',
    MCP_SERVERS: '{"one":{"command":"true","env":{"TOKEN":"hush-hush-hush"}}}',
    MAX_WORKERS: '3',
  }
  writeFileSync(path, 'an older one, for all to read', { mode: 0o644 })
  await runDragoman(['doctor', '--port', '1', '--bundle', path], { env })
  const written = readFileSync(path, 'utf8')
  for (const secret of ['made-up', 'a-key-of-mine', 'open-sesame', 'pepper-pepper', 'hush-hush']) {
    expect(written).not.toContain(secret)
  }
  expect(JSON.parse(written)).toMatchObject({
    settings: { MAX_WORKERS: 3, API_KEY: expect.stringMatching(/set|redacted/) },
    environment: expect.arrayContaining(['ANTHROPIC_API_KEY']),
    findings: expect.arrayContaining([expect.objectContaining({ topic: 'login', verdict: 'fine' })]),
    server: { health: { unreachable: expect.any(String) } },
  })
  expect(statSync(path).mode & 0o777).toBe(0o600)
})

test('without a login it says which command or variable gives one', async () => {
  const { code, stdout } = await runDragoman(['doctor', '--port', '0'])
  expect(stdout).toContain('✗ login')
  expect(stdout).toMatch(/dragoman login.*ANTHROPIC_API_KEY/)
  expect(code).toBe(1)
})

test('a stored login that Claude Code does not take is a failure', async () => {
  const check = (stored: unknown) => {
    writeFileSync(join(folder, '.credentials.json'), JSON.stringify(stored))
    const environment = { PATH: process.env['PATH'], CLAUDE_CONFIG_DIR: folder }
    return checkLogin({ CLAUDE_AUTH_METHOD: undefined, CLAUDE_CLI_PATH: undefined, environment })
  }
  expect(await check({})).toMatchObject({ verdict: 'failure' })
  const login = {
    accessToken: 'sk-ant-oat01-made-up',
    refreshToken: 'sk-ant-ort01-made-up',
    expiresAt: Date.now() + 3_600_000,
    scopes: ['user:inference'],
    subscriptionType: 'max',
  }
  expect(await check({ claudeAiOauth: login })).toMatchObject({ verdict: 'fine' })
})

test('the binary of the Agent SDK is there, with the version it was built for', async () => {
  const findings = await checkBinary({ CLAUDE_CLI_PATH: undefined })
  expect(findings.map(({ verdict }) => verdict)).toEqual(['fine', 'fine'])
})

test('a binary that is too old to be safe is a failure', async () => {
  const [, version] = await checkBinary({ CLAUDE_CLI_PATH: fakeBinary('2.1.247 (Claude Code)') })
  expect(version).toMatchObject({ verdict: 'failure', topic: 'version' })
})

test('another version than the tested one is a warning', async () => {
  const [, version] = await checkBinary({ CLAUDE_CLI_PATH: fakeBinary('2.99.0 (Claude Code)') })
  expect(version).toMatchObject({ verdict: 'warning', topic: 'version' })
})

test('a binary that is missing, not executable or something else is a failure', async () => {
  const noVersion = fakeBinary('hello')
  expect((await checkBinary({ CLAUDE_CLI_PATH: join(folder, 'nothing') }))[0]).toMatchObject({ verdict: 'failure' })
  expect((await checkBinary({ CLAUDE_CLI_PATH: noVersion }))[1]).toMatchObject({ verdict: 'failure' })
  chmodSync(noVersion, 0o644)
  expect((await checkBinary({ CLAUDE_CLI_PATH: noVersion }))[0]).toMatchObject({ verdict: 'failure' })
})

test('a data folder that is not there yet is fine', async () => {
  expect(await checkDataFolder(join(folder, 'a', 'b'))).toMatchObject({ verdict: 'fine' })
})

test('a data folder that others can write to is a warning', async () => {
  const open = join(folder, 'open')
  mkdirSync(open)
  chmodSync(open, 0o775)
  expect(await checkDataFolder(open)).toMatchObject({ verdict: 'warning' })
  chmodSync(open, 0o755)
  expect(await checkDataFolder(open)).toMatchObject({ verdict: 'fine' })
})

test('a file in place of the data folder is a failure', async () => {
  const file = join(folder, 'file')
  writeFileSync(file, '')
  expect(await checkDataFolder(file)).toMatchObject({ verdict: 'failure' })
})

test('a taken port is a warning, and a failure when it has to be that one', async () => {
  const server = createServer()
  const port = await new Promise<number>((resolve) => {
    server.listen(0, '127.0.0.1', () => {
      const address = server.address()
      resolve(typeof address === 'object' && address !== null ? address.port : 0)
    })
  })
  const settings = { HOST: '127.0.0.1', PORT: port }
  expect(await checkPort({ ...settings, STRICT_PORT: false })).toMatchObject({ verdict: 'warning' })
  expect(await checkPort({ ...settings, STRICT_PORT: true })).toMatchObject({ verdict: 'failure' })
  server.close()
})

test('a port on which a Dragoman runs is nothing to mend', async () => {
  const server = await startDragoman(['--demo', '--port', '0'], { binary: 'scripted' })
  try {
    const { port } = new URL(server.url)
    const found = await checkPort({ HOST: '127.0.0.1', PORT: Number(port), STRICT_PORT: true })
    expect(found).toEqual({ verdict: 'note', topic: 'port', text: `${port}: a Dragoman runs there` })
  } finally {
    await server.stop()
  }
})

describe('the sandbox', () => {
  const program = (name: string, script: string) =>
    writeFileSync(join(folder, name), `#!/bin/sh\n${script}\n`, { mode: 0o755 })
  const check = (TOOLS_WITHOUT_SANDBOX = false, { key = 'sk-x', EGRESS = true, isRoot = false } = {}) => {
    const environment = { PATH: `relative:${folder}`, ANTHROPIC_API_KEY: key }
    return checkSandbox({ CLAUDE_AUTH_METHOD: undefined, EGRESS, environment, TOOLS_WITHOUT_SANDBOX }, isRoot)
  }

  test('is fine where bubblewrap and socat are there and bubblewrap works', async () => {
    program('bwrap', 'case "$*" in *"--unshare-all"*"--ro-bind / /"*true) exit 0;; esac; exit 1')
    program('socat', '')
    expect(await check()).toMatchObject({ verdict: 'fine' })
  })

  test('is fine with an older bubblewrap, which bounds no memory', async () => {
    program('bwrap', 'case "$*" in *--size*) exit 1;; esac; exit 0')
    program('socat', '')
    expect(await check()).toMatchObject({ verdict: 'fine' })
    expect(await detectSandbox({ PATH: folder })).toMatchObject({ available: true, hasSizes: false })
  })

  test('is none for root where Claude Code has the login itself', async () => {
    program('bwrap', 'exit 0')
    program('socat', '')
    expect(await check(false, { isRoot: true })).toMatchObject({ verdict: 'fine' })
    expect(await check(false, { isRoot: true, EGRESS: false })).toMatchObject({
      verdict: 'warning',
      text: expect.stringContaining('commands of the model are refused'),
      remedy: 'run Dragoman as a user of its own',
    })
    expect(await check(false, { EGRESS: false })).toMatchObject({ verdict: 'fine' })
  })

  test('is a warning that says what to install where one is missing', async () => {
    program('bwrap', 'exit 0')
    const remedy = 'apt-get install bubblewrap socat'
    expect(await check()).toMatchObject({ verdict: 'warning', text: expect.stringContaining('no socat'), remedy })
  })

  test('is a warning that says what to open where bubblewrap does not work', async () => {
    program('bwrap', 'echo "bwrap: No permissions to create new namespace" >&2; exit 1')
    program('socat', '')
    const finding = await check()
    expect(finding).toMatchObject({ verdict: 'warning', text: expect.stringContaining('No permissions to create') })
    expect(finding.remedy).toContain('apparmor_restrict_unprivileged_userns')
  })

  test('that is missing says what TOOLS_WITHOUT_SANDBOX means then', async () => {
    expect((await check()).text).toContain('are refused')
    expect((await check(true)).text).toContain('read what the server can')
  })

  test('that hangs is given up, and there is none but on Linux', async () => {
    program('bwrap', 'exec /bin/sleep 30')
    program('socat', '')
    const environment = { PATH: folder }
    expect(await detectSandbox(environment, { trialMs: 100 })).toMatchObject({ cause: 'not working' })
    expect(await detectSandbox(environment, { platform: 'darwin' })).toMatchObject({ cause: 'system' })
  })
})

test('an address beyond loopback without a key is a failure, and a proxy before it a warning', () => {
  const local = { HOST: '127.0.0.1', API_KEY: undefined, ALLOWED_HOSTS: [], TRUSTED_PROXIES: [] }
  expect(checkAddress({ ...local, HOST: '0.0.0.0' }, false)).toMatchObject({ verdict: 'failure' })
  expect(checkAddress({ ...local, TRUSTED_PROXIES: ['loopback'] }, false)).toMatchObject({ verdict: 'warning' })
  expect(checkAddress(local, false)).toMatchObject({ verdict: 'fine' })
})

test.each([
  ['20.19.0', 'fine'],
  ['22.1.0', 'fine'],
  ['20.18.3', 'failure'],
  ['18.20.0', 'failure'],
])('Node.js %s is a %s', (version, verdict) => {
  expect(checkNode(version, '20.19')).toMatchObject({ verdict })
})
