/** Folders for tools, on a real disk and a real database. */
import { execFileSync } from 'node:child_process'
import {
  existsSync,
  lstatSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  realpathSync,
  renameSync,
  rmSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
} from 'node:fs'
import { homedir, tmpdir } from 'node:os'
import { basename, dirname, join } from 'node:path'
import { pino } from 'pino'
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest'
import { type Config, parseConfig } from '../../src/config.ts'
import { createWorkspaceSweep } from '../../src/workspaces/create-workspace-sweep.ts'
import { createWorkspaces } from '../../src/workspaces/create-workspaces.ts'
import { requireOperatorFolders } from '../../src/workspaces/operator-folders.ts'
import type { Workspaces } from '../../src/workspaces/workspaces.ts'
import { createSessionsOn } from '../support/sessions.ts'
import { createTestStore, type TestStore } from '../support/store.ts'

const principalId = 'key:one'
const sessionId = '0b9e4c9e-5d3c-4c0e-9a52-1d3f6a1f2b3c'
const another = '1b9e4c9e-5d3c-4c0e-9a52-1d3f6a1f2b3c'
const log = pino({ level: 'silent' })
const takeRoom = (): void => undefined

let made: TestStore
let outside = ''
let sweeps: { close(): Promise<void> }[] = []

beforeEach(() => {
  made = createTestStore()
  outside = realpathSync(mkdtempSync(join(tmpdir(), 'dragoman-outside-')))
  writeFileSync(join(outside, 'kept'), '')
})
afterEach(async () => {
  for (const sweep of sweeps) await sweep.close()
  sweeps = []
  await made[Symbol.asyncDispose]()
  rmSync(outside, { recursive: true, force: true })
})

const configOf = (settings: Partial<Config>): Config => ({ ...parseConfig({}), DATA_DIR: made.dataFolder, ...settings })
const create = (settings: Partial<Config> = {}): Workspaces => createWorkspaces({ config: configOf(settings), log })
const sweep = (sweepMs?: number): void => {
  const timing = sweepMs === undefined ? {} : { sweepMs }
  sweeps.push(
    createWorkspaceSweep({
      config: configOf({}),
      currentConfig: () => configOf({}),
      store: made.store,
      log,
      ...timing,
    }),
  )
}
const gone = (...paths: readonly string[]): Promise<unknown> =>
  vi.waitUntil(() => !paths.some((path) => existsSync(path)), { timeout: 10_000, interval: 10 })

/** As if nobody had used it for an hour. */
function age(path: string): void {
  const then = new Date(Date.now() - 3_700_000)
  utimesSync(path, then, then)
}

describe('a session', () => {
  test('finds its own folder again, which is private and nobody else gets', async () => {
    const first = await create().open({ principalId, sessionId })
    writeFileSync(join(first.path, 'note'), 'mine')
    await first.close()
    const again = await create().open({ principalId, sessionId })
    expect(again.path).toBe(first.path)
    expect(realpathSync(again.path)).toBe(again.path)
    expect(readFileSync(join(again.path, 'note'), 'utf8')).toBe('mine')
    expect(lstatSync(again.path).mode & 0o777).toBe(0o700)
    const others = [
      await create().open({ principalId: 'key:two', sessionId }),
      await create().open({ principalId, sessionId: another }),
    ]
    expect(new Set([first.path, ...others.map(({ path }) => path)]).size).toBe(3)
  })

  test('that is removed, expires or never gets a turn takes its folder along', async () => {
    const workspaces = create()
    const sessions = createSessionsOn(made.store, {
      settings: { SESSION_TTL: '1000' },
      sweepMs: 20,
      ended: (session) => workspaces.remove(session.principalId, session.sessionId),
    })
    const begin = async (name: string) => {
      const turn = await sessions.begin({ principalId, name, requestId: name, messages: 1, bytes: 1, takeRoom })
      return { turn, path: (await workspaces.open({ principalId, sessionId: turn.sessionId })).path }
    }
    const [removed, expiring, empty] = [await begin('removed'), await begin('expiring'), await begin('empty')]
    for (const { turn } of [removed, expiring]) {
      await turn.commit({ system: '[]', content: '[]', messages: 1, model: 'm' })
    }
    expect([removed, expiring, empty].map(({ path }) => existsSync(path))).toEqual([true, true, true])
    await sessions.remove(principalId, 'removed')
    await empty.turn.release()
    expect([removed, empty].map(({ path }) => existsSync(path))).toEqual([false, false])
    await gone(expiring.path)
    sessions.close()
  })

  test.each(['..', '../x', 'a/b', '', '.'])('has no folder by the id %j', async (bad) => {
    await expect(create().open({ principalId, sessionId: bad })).rejects.toThrow('no id')
    await create().open({ principalId, sessionId })
    await create().remove(principalId, bad)
    expect(existsSync((await create().open({ principalId, sessionId })).path)).toBe(true)
  })
})

test('a turn without a session has a folder for itself until it closes it', async () => {
  const workspaces = create()
  const [one, two] = [await workspaces.open({ principalId }), await workspaces.open({ principalId })]
  expect(one.path).not.toBe(two.path)
  writeFileSync(join(one.path, 'a'), '')
  await one.close()
  expect(existsSync(one.path)).toBe(false)
  expect(existsSync(two.path)).toBe(true)
})

describe('what is swept', () => {
  test('are folders of sessions that are gone, and those of turns of an instance that is', async () => {
    const workspaces = create()
    const sessions = createSessionsOn(made.store)
    const live = await sessions.begin({ principalId, name: 's', requestId: 'r', messages: 1, bytes: 1, takeRoom })
    const open = async (id: string) => (await workspaces.open({ principalId, sessionId: id })).path
    const folders = { live: await open(live.sessionId), gone: await open(sessionId), recent: await open(another) }
    const turn = await workspaces.open({ principalId })
    const instance = dirname(turn.path)
    const killed = join(dirname(instance), instance.slice(dirname(instance).length + 1).replace(/-\d+-/, '-1-'), 't-1')
    mkdirSync(killed, { recursive: true })
    age(folders.live)
    age(folders.gone)
    sweep()
    await gone(folders.gone, killed)
    expect([folders.live, folders.recent, turn.path].map((path) => existsSync(path))).toEqual([true, true, true])
    await live.release()
    sessions.close()
  })

  test('is looked at again and again, also what a tool has given a time that is yet to come', async () => {
    sweep(20)
    const { path: old } = await create().open({ principalId, sessionId })
    const { path: early } = await create().open({ principalId, sessionId: another })
    age(old)
    utimesSync(early, new Date('2100-01-01'), new Date('2100-01-01'))
    await gone(old, early)
  })
})

describe('a link', () => {
  test('in a workspace is removed and not followed', async () => {
    const { path } = await create().open({ principalId, sessionId })
    symlinkSync(outside, join(path, 'link'))
    await create().remove(principalId, sessionId)
    expect(existsSync(path)).toBe(false)
    expect(existsSync(join(outside, 'kept'))).toBe(true)
  })

  test('in place of a workspace is not opened, and removing it leaves alone where it leads', async () => {
    const { path } = await create().open({ principalId, sessionId })
    rmSync(path, { recursive: true })
    symlinkSync(outside, path)
    await expect(create().open({ principalId, sessionId })).rejects.toThrow('not a folder')
    await create().remove(principalId, sessionId)
    expect(existsSync(path)).toBe(false)
    expect(existsSync(join(outside, 'kept'))).toBe(true)
  })

  test('on the way to a workspace is neither followed to open nor to remove it', async () => {
    const { path } = await create().open({ principalId, sessionId })
    const parent = dirname(path)
    renameSync(parent, join(outside, 'moved'))
    symlinkSync(join(outside, 'moved'), parent)
    await expect(create().open({ principalId, sessionId })).rejects.toThrow('not a folder')
    await create().remove(principalId, sessionId)
    expect(existsSync(join(outside, 'moved', sessionId))).toBe(true)
  })
})

test('folders that are closed, and nested deeper than a path is long, are removed', async () => {
  const { path } = await create().open({ principalId, sessionId })
  execFileSync('mkdir', ['-p', `${'d'.repeat(200)}/`.repeat(30)], { cwd: path })
  execFileSync('mkdir', ['-m', '000', 'closed'], { cwd: path })
  await create().remove(principalId, sessionId)
  expect(existsSync(path)).toBe(false)
})

describe("the operator's folders", () => {
  test('are those for requests that name none, and those that they name', async () => {
    const site = join(outside, 'site')
    mkdirSync(site)
    symlinkSync(site, join(outside, 'current'))
    const settings = { CLAUDE_CWD: outside, WORKSPACES: { site: join(outside, 'current') } }
    await requireOperatorFolders(configOf(settings))
    expect(await create(settings).open({ principalId, sessionId })).toMatchObject({ path: outside })
    const named = await create(settings).open({ principalId, name: 'site' })
    expect(named).toMatchObject({ path: site, name: 'site' })
    await named.close()
    expect(existsSync(site)).toBe(true)
  })

  test.each(['other', '', '..', '__proto__', 'constructor', '/etc'])('have no folder of the name %j', async (name) => {
    const workspaces = create({ WORKSPACES: { site: outside } })
    await expect(workspaces.open({ principalId, name })).rejects.toMatchObject({ code: 'workspace_not_allowed' })
  })

  test('are looked at again for each turn', async () => {
    const link = join(outside, 'link')
    mkdirSync(join(outside, 'site'))
    symlinkSync(join(outside, 'site'), link)
    const workspaces = create({ CLAUDE_CWD: link })
    expect(await workspaces.open({ principalId })).toMatchObject({ path: join(outside, 'site') })
    rmSync(link)
    symlinkSync('/etc', link)
    await expect(workspaces.open({ principalId })).rejects.toMatchObject({ code: 'internal_error' })
  })

  test.each<[string, () => string]>([
    ['that is missing', () => join(outside, 'nothing')],
    ['that is a file', () => join(outside, 'kept')],
    ['/', () => '/'],
    ['/etc', () => '/etc'],
    ['/proc/self', () => '/proc/self'],
    ['/sys', () => '/sys'],
    ['/dev', () => '/dev'],
    ['that is the home folder', () => homedir()],
    ['that is the data folder', () => made.dataFolder],
    ['that holds the data folder', () => dirname(realpathSync(made.dataFolder))],
    ['that lies in the data folder', () => join(made.dataFolder, 'inside')],
    [
      'that is a link to one of these',
      () => {
        symlinkSync('/etc', join(outside, 'to-etc'))
        return join(outside, 'to-etc')
      },
    ],
  ])('cannot be one %s', async (_, path) => {
    mkdirSync(join(made.dataFolder, 'inside'))
    const folder = path()
    const require = (settings: Partial<Config>) => requireOperatorFolders(configOf(settings))
    await expect(require({ CLAUDE_CWD: folder })).rejects.toMatchObject({ name: 'ConfigError' })
    await expect(require({ WORKSPACES: { a: folder } })).rejects.toThrow('WORKSPACES, a')
  })

  test.each<[string, (file: string) => Partial<Config>]>([
    ['settings', (file) => ({ CONFIG_FILE: file })],
    ['MCP servers', (file) => ({ MCP_CONFIG: file })],
    ['the database', (file) => ({ DATABASE_URL: `sqlite:${file}` })],
  ])('cannot be one with the file of %s in it, which a link can lead to, or from', async (_, settingOf) => {
    const [inside, elsewhere] = [join(outside, 'own'), join(dirname(outside), `${basename(outside)}-own`)]
    writeFileSync(elsewhere, '')
    symlinkSync(elsewhere, inside)
    const holds = /holds .*own, which the server goes by/
    await expect(requireOperatorFolders(configOf({ CLAUDE_CWD: outside, ...settingOf(inside) }))).rejects.toThrow(holds)
    await requireOperatorFolders(configOf({ CLAUDE_CWD: outside, ...settingOf(elsewhere) }))
    rmSync(inside)
    rmSync(elsewhere)
    writeFileSync(inside, '')
    symlinkSync(inside, elsewhere)
    await expect(requireOperatorFolders(configOf({ CLAUDE_CWD: outside, ...settingOf(elsewhere) }))).rejects.toThrow(
      holds,
    )
    rmSync(elsewhere)
  })
})
