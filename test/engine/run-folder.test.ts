import { chmodSync, mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { createRunFolder } from '../../src/engine/run-folder.ts'

let data = ''
beforeEach(() => {
  data = mkdtempSync(join(tmpdir(), 'dragoman-data-'))
})
afterEach(() => rmSync(data, { recursive: true, force: true }))

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
