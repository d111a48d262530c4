/** What the sandbox holds, tried by commands in it alone: no model and no Claude Code. */
import { execFile } from 'node:child_process'
import { mkdirSync, mkdtempSync, realpathSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { promisify } from 'node:util'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { detectSandbox } from '../../../src/engine/own-tools/detect-sandbox.ts'
import { cover, secretPaths } from '../../../src/engine/own-tools/hidden-paths.ts'
import { confine, type Confinement, type SandboxTools } from '../../../src/engine/own-tools/sandbox.ts'
import { testInSandbox } from '../../support/sandbox.ts'

let folder = ''

beforeAll(() => {
  folder = realpathSync(mkdtempSync(join(tmpdir(), 'dragoman-sandbox-')))
  for (const name of ['home', 'work']) mkdirSync(join(folder, name))
})
afterAll(() => rmSync(folder, { recursive: true, force: true }))

/** What a command says that runs in the sandbox. */
async function run(
  command: string,
  confinement: Partial<Confinement> = {},
  tools: Partial<SandboxTools> = {},
): Promise<string> {
  const found = await detectSandbox(process.env)
  if (!found.available) throw new Error(found.reason)
  const asked = { command: '/bin/sh', args: ['-c', command], env: {} }
  const workspace = join(folder, 'work')
  const bounds = { processes: 100, fileBytes: 1_000_000 }
  const seen = { readable: [], private: [], secret: [] }
  const place = { workspace, isWritable: true, home: join(folder, 'home'), ...seen, bounds, wayOut: undefined }
  const { command: file, args, env } = confine(asked, { ...found, ...tools }, { ...place, ...confinement })
  const { stdout } = await promisify(execFile)(file, args, { env, timeout: 20_000 })
  return stdout
}

describe('a command in the sandbox', () => {
  testInSandbox('reads what is readable, but for what the server keeps to itself there', async () => {
    const opt = join(folder, 'opt')
    for (const name of ['data/workspaces/mine', 'data/workspaces/other', 'lib'])
      mkdirSync(join(opt, name), { recursive: true })
    for (const file of ['data/db', 'data/workspaces/mine/a', '.env', 'lib/a']) writeFileSync(join(opt, file), 'words')
    symlinkSync('opt', join(folder, 'link'))
    const look = `cd ${folder}; find opt/ link/ -type f -size +0 | sort; find opt link/ -name other`
    const confinement = {
      readable: [opt, join(folder, 'link')],
      secret: [join(folder, 'link', 'data'), join(opt, '.env'), join(opt, 'not-there')],
      workspace: join(opt, 'data/workspaces/mine'),
    }
    expect((await run(look, confinement)).split('\n')).toEqual([
      'link/lib/a',
      'opt/data/workspaces/mine/a',
      'opt/lib/a',
      '',
    ])
  })

  test('does not see other folders of the operator’s below those of the system', () => {
    const empty = ['--tmpfs']
    const [a, b, lib] = ['/usr/bin', '/usr/share', realpathSync('/lib')]
    expect(cover(['/usr', '/lib'], [a, b, '/var', '/etc', '/not-there'], empty)).toEqual([...empty, a, ...empty, b])
    expect(cover(['/usr', '/lib'], [lib], empty)).toEqual(expect.arrayContaining([...empty, '/lib']))
  })

  testInSandbox('writes no file that is longer than may be, neither core, and no place that has no bound', async () => {
    const write = 'head -c 3000000 /dev/zero > file 2> /dev/null; wc -c < file; ulimit -c; cat /proc/self/oom_score_adj'
    expect((await run(write)).trim().split('\n')).toEqual(['1000448', '0', '500'])
    const touch = ['/x', '/dev/x', '/dev/shm/x', '/tmp/x', '/run/x', '/usr/x'].map(
      (path) => `touch ${path} && echo ${path}`,
    )
    expect(await run(`${touch.join('; ')}; true`)).toBe('/dev/shm/x\n/tmp/x\n/run/x\n')
    expect((await run('df -B 1M /tmp /run /dev/shm | tail -n 3 | tr -s " " | cut -d " " -f 2')).trim()).toBe(
      '512\n512\n512',
    )
  })

  testInSandbox('is held by an older bubblewrap too, which bounds no memory', async () => {
    expect(await run('echo held', {}, { hasSizes: false })).toBe('held\n')
  })

  // Linux bounds no processes of root.
  test.runIf(process.getuid?.() !== 0)('starts no more processes than may be', async () => {
    const bomb = '(i=0; while [ $i -lt 300 ]; do sleep 5 & i=$((i + 1)); done) 2> /dev/null'
    // Nobody can be started to count them.
    const started = Number(await run(`${bomb}; n=0; for each in /proc/[0-9]*; do n=$((n + 1)); done; echo $n`))
    expect(started).toBeGreaterThan(50)
    expect(started).toBeLessThanOrEqual(101)
  })

  // To the kernel the root of a sandbox is root, if the server is.
  testInSandbox('changes no setting of the kernel, whoever runs the server', async () => {
    // Without those of its own namespaces, which change nothing outside.
    const kernel = ['core_pattern', 'modprobe', 'panic', 'sysrq'].map((name) => `/proc/sys/kernel/${name}`)
    const places = [...kernel, '/proc/sys/vm', '/proc/irq', '/proc/fs', '/proc/mtrr', '/proc/sysrq-trigger']
    const writable = `find ${places.join(' ')} -type f -writable 2> /dev/null`
    expect(await run(`${writable}; echo looked`)).toBe('looked\n')
  })
})

test('what a server keeps to itself is its data, its settings and its database', () => {
  const config = { DATA_DIR: '/d', CONFIG_FILE: '/c.json', MCP_CONFIG: undefined, DATABASE_URL: 'sqlite:///opt/x.db' }
  const paths = ['/d', resolve('.env'), '/c.json', '/opt/x.db', '/opt/x.db-wal', '/opt/x.db-shm', '/opt/x.db-journal']
  expect(secretPaths(config)).toEqual(paths)
  expect(secretPaths({ ...config, DATABASE_URL: 'sqlite:' })).toHaveLength(3)
  expect(secretPaths({ ...config, DATABASE_URL: 'postgres://a/b' })).toHaveLength(3)
})
