import { execFileSync, spawn } from 'node:child_process'
import { once } from 'node:events'
import { randomUUID } from 'node:crypto'
import {
  chmodSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  renameSync,
  rmSync,
  statSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { basename, dirname, join } from 'node:path'
import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { createRunFolder } from '../../src/engine/run-folder.ts'
import { TOUCH_MS } from '../../src/instance.ts'

let data = ''
beforeEach(() => {
  data = mkdtempSync(join(tmpdir(), 'dragoman-data-'))
})
afterEach(() => {
  vi.useRealTimers()
  rmSync(data, { recursive: true, force: true })
})

const modeOf = (path: string): number => statSync(path).mode & 0o777

test('the mode of a data folder that was there before stays, and what is in it is private', async () => {
  chmodSync(data, 0o755)
  const runFolder = await createRunFolder(data)
  expect(modeOf(data)).toBe(0o755)
  expect(modeOf(dirname(runFolder.path))).toBe(0o700)
  await runFolder.remove()
})

test('a data folder that is made is private', async () => {
  const runFolder = await createRunFolder(join(data, 'new'))
  expect(modeOf(join(data, 'new'))).toBe(0o700)
  await runFolder.remove()
})

test('a data folder that cannot be used is named, with what mends it', async () => {
  writeFileSync(join(data, 'file'), '')
  await expect(createRunFolder(join(data, 'file'))).rejects.toThrow(/file cannot be used \(ENOTDIR\).*DATA_DIR/)
})

test('the folders of instances that are gone are swept, those of living ones and of other machines are not', async () => {
  const runs = join(data, 'run')
  const mine = await createRunFolder(data)
  const [pid, started, machine] = basename(mine.path).split('-')
  const gone = join(runs, `999999999-1-${machine}-aaaaaa`)
  const reused = join(runs, `${pid}-1${started}-${machine}-bbbbbb`)
  const elsewhere = join(runs, '999999999-1-00000000-cccccc')
  for (const folder of [gone, reused, elsewhere]) mkdirSync(folder)
  const second = await createRunFolder(data)
  expect(readdirSync(runs).toSorted()).toEqual(
    [mine.path, second.path, elsewhere].map((path) => basename(path)).toSorted(),
  )
  await Promise.all([mine.remove(), second.remove()])
})

test('the folder of a container that was killed, and whose place another one took, is swept after an hour of silence', async () => {
  vi.useFakeTimers({ toFake: ['setInterval'] })
  const runs = join(data, 'run')
  const mine = await createRunFolder(data)
  const elsewhere = join(runs, `${basename(mine.path).split('-', 2).join('-')}-00000000-cccccc`)
  mkdirSync(elsewhere)
  const silentFor = (path: string, minutes: number): void => {
    const at = new Date(Date.now() - minutes * 60_000)
    utimesSync(path, at, at)
  }
  silentFor(elsewhere, 59)
  silentFor(mine.path, 59)
  vi.advanceTimersByTime(TOUCH_MS)
  // By that it tells those in other containers that it runs.
  await vi.waitUntil(() => Date.now() - statSync(mine.path).mtimeMs < 60_000)
  expect(existsSync(elsewhere)).toBe(true)
  silentFor(elsewhere, 61)
  vi.advanceTimersByTime(TOUCH_MS)
  await vi.waitUntil(() => !existsSync(elsewhere))
  expect(readdirSync(runs)).toEqual([basename(mine.path)])
  await mine.remove()
})

test('a transcript that a killed instance had given a process is swept, and no other folder', async () => {
  const mine = await createRunFolder(data)
  const [, , machine] = basename(mine.path).split('-')
  const gone = join(data, 'run', `999999999-1-${machine}-aaaaaa`)
  const transcript = join(tmpdir(), `claude-resume-${randomUUID()}`)
  const other = join(data, `claude-resume-${randomUUID()}`)
  const left = await mine.createHome('left')
  const over = await mine.createHome('over')
  for (const folder of [transcript, other]) mkdirSync(folder)
  mine.noteTranscript(left, transcript)
  mine.noteTranscript(over, transcript)
  mine.noteTranscript(over, other)
  await mine.removeHome(over)
  expect(readdirSync(mine.path).toSorted()).toEqual(['empty', 'left', 'left.transcript'])
  renameSync(mine.path, gone)
  symlinkSync(other, join(gone, 'x.transcript'))
  const second = await createRunFolder(data)
  expect([existsSync(gone), existsSync(transcript), existsSync(other)]).toEqual([false, false, true])
  await second.remove()
})

test('what a killed instance left running is swept with its folder', async () => {
  const mine = await createRunFolder(data)
  const [, , machine] = basename(mine.path).split('-')
  const folder = join(data, 'run', `999999999-1-${machine}-aaaaaa`)
  mkdirSync(folder)
  const left = spawn('sleep', ['600'], { env: { PATH: process.env['PATH'], HOME: join(folder, 'worker') } })
  const ended = once(left, 'exit')
  const second = await createRunFolder(data)
  await expect(ended).resolves.toEqual([null, 'SIGKILL'])
  await Promise.all([mine.remove(), second.remove()])
})

test('what commands leave is removed and swept, also what is closed, or nested deeper than a path is long', async () => {
  const runFolder = await createRunFolder(data)
  const leave = (folder: string): void => {
    const nest = 'for i in $(seq 60); do mkdir "$0"; cd -P "$0" 2>/dev/null || cd "./$0"; done'
    execFileSync('sh', ['-c', nest, 'x'.repeat(200)], { cwd: folder })
    mkdirSync(join(folder, 'closed', 'inner'), { recursive: true })
    chmodSync(join(folder, 'closed'), 0)
  }
  const home = await runFolder.createHome('home')
  leave(home)
  await runFolder.removeHome(home)
  expect(existsSync(home)).toBe(false)
  const gone = join(dirname(runFolder.path), basename(runFolder.path).replace(/^\d+/, '999999999'))
  mkdirSync(gone)
  leave(gone)
  const next = await createRunFolder(data)
  expect(existsSync(gone)).toBe(false)
  await Promise.all([runFolder.remove(), next.remove()])
})
