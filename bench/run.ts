/**
 * The load bench, with everything on one machine: Dragoman, Claude Code's processes, a scripted model and the callers.
 *
 *   npm run bench                       every part, some fifteen minutes
 *   npm run bench -- streams share      these parts
 *   npm run bench -- --quick            fewer requests and shorter runs
 */
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { door } from './door.ts'
import { overload } from './overload.ts'
import type { Part } from './part.ts'
import { ready } from './ready.ts'
import { requests } from './requests.ts'
import { share } from './share.ts'
import { streams } from './streams.ts'

const PARTS: Readonly<Record<string, Part>> = { ready, requests, share, streams, overload, door }

const args = process.argv.slice(2)
const asked = args.filter((arg) => arg !== '--quick')
const unknown = asked.filter((name) => !(name in PARTS))
if (unknown.length > 0)
  throw new Error(`no such part: ${unknown.join(', ')}. There are ${Object.keys(PARTS).join(', ')}.`)

const folder = mkdtempSync(join(tmpdir(), 'dragoman-bench-'))
try {
  for (const [name, part] of Object.entries(PARTS)) {
    if (asked.length > 0 && !asked.includes(name)) continue
    console.log(`\n## ${name}\n`)
    await part({ quick: args.includes('--quick'), folder })
  }
} finally {
  rmSync(folder, { recursive: true, force: true })
}
