/** What the sandbox holds, tried by commands in it alone: no model and no Claude Code. */
import { execFile } from 'node:child_process'
import { mkdirSync, mkdtempSync, realpathSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { afterAll, beforeAll, describe, expect } from 'vitest'
import { detectSandbox } from '../../../src/engine/own-tools/detect-sandbox.ts'
import { confine, type Confinement } from '../../../src/engine/own-tools/sandbox.ts'
import { testInSandbox } from '../../support/sandbox.ts'

let folder = ''

beforeAll(() => {
  folder = realpathSync(mkdtempSync(join(tmpdir(), 'dragoman-sandbox-')))
  for (const name of ['home', 'work']) mkdirSync(join(folder, name))
})
afterAll(() => rmSync(folder, { recursive: true, force: true }))

/** What a command says that runs in the sandbox. */
async function run(command: string, confinement: Partial<Confinement> = {}): Promise<string> {
  const found = await detectSandbox(process.env)
  if (!found.available) throw new Error(found.reason)
  const asked = { command: '/bin/sh', args: ['-c', command], env: {} }
  const workspace = join(folder, 'work')
  const place = { workspace, isWritable: true, home: join(folder, 'home'), readable: [], wayOut: undefined }
  const { command: file, args, env } = confine(asked, found, { ...place, ...confinement })
  const { stdout } = await promisify(execFile)(file, args, { env, timeout: 20_000 })
  return stdout
}

describe('a command in the sandbox', () => {
  // To the kernel the root of a sandbox is root, if the server is.
  testInSandbox('changes no setting of the kernel, whoever runs the server', async () => {
    const writable =
      'find /proc/sys /proc/irq /proc/fs /proc/mtrr /proc/sysrq-trigger -type f -writable 2>/dev/null; true'
    expect(await run(`${writable}; echo looked`)).toBe('looked\n')
  })
})
