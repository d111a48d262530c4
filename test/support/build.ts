/**
 * Before any test: makes `dist` what `src` says, which `npm test` has done already and takes it some milliseconds. What tests
 * leave in the folder for temporary files goes with it at the end.
 */
import { execFileSync } from 'node:child_process'
import { chmodSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'

export function setup(): () => void {
  execFileSync(process.execPath, [fileURLToPath(new URL('../../scripts/prepare.mjs', import.meta.url))], {
    stdio: 'inherit',
  })
  const folder = mkdtempSync(join(tmpdir(), 'dragoman-tests-'))
  // Some tests run programs as other users.
  chmodSync(folder, 0o1777)
  process.env['TMPDIR'] = folder
  return () => rmSync(folder, { recursive: true, force: true, maxRetries: 3 })
}
