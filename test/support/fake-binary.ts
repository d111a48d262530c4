/** A stand-in for the Claude Code binary that misbehaves: a shell script in a temporary folder. */
import { mkdtempSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

/** The path of an executable script. It runs with the child's environment and pipes. */
export function fakeBinary(script: string): string {
  const path = join(mkdtempSync(join(tmpdir(), 'dragoman-binary-')), 'claude')
  writeFileSync(path, `#!/bin/sh\n${script}\n`, { mode: 0o755 })
  return path
}
