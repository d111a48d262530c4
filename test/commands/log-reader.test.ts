import { type ChildProcess, spawn } from 'node:child_process'
import { closeSync, mkdtempSync, openSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { THRIFTY } from '../support/dragoman-process.ts'
import { createScriptedChild } from '../support/scripted-child.ts'

const main = fileURLToPath(new URL('../../dist/main.js', import.meta.url))

let folder = ''
let child: ChildProcess | undefined

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'dragoman-log-'))
})
afterEach(() => {
  child?.kill('SIGKILL')
  rmSync(folder, { recursive: true, force: true })
})

/** A demo server with its log where nobody reads it; resolves with its URL. */
async function startWithLogTo(stdout: 'pipe' | number): Promise<string> {
  const started = spawn(process.execPath, [main, '--demo', '--port', '0'], {
    env: {
      PATH: process.env['PATH'],
      HOME: folder,
      DATA_DIR: join(folder, 'data'),
      ...THRIFTY,
      CLAUDE_CLI_PATH: createScriptedChild().path,
    },
    stdio: ['ignore', stdout, 'pipe'],
  })
  child = started
  let banner = ''
  started.stderr?.on('data', (text: Buffer) => (banner += text.toString()))
  const listening = /listens on (http:\S+)/
  await vi.waitUntil(() => listening.test(banner), { timeout: 15_000 })
  return listening.exec(banner)?.[1] ?? ''
}

async function ask(url: string): Promise<number> {
  const body = JSON.stringify({ model: 'default', messages: [{ role: 'user', content: 'Hello' }] })
  const response = await fetch(`${url}/v1/chat/completions`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body,
  })
  await response.body?.cancel()
  return response.status
}

function exitCode(): Promise<number | null> {
  return new Promise((resolve) => child?.once('exit', resolve))
}

test.skipIf(process.platform !== 'linux')('a log on a full disk costs no request and no end', async () => {
  const full = openSync('/dev/full', 'w')
  const url = await startWithLogTo(full)
  closeSync(full)
  expect(await ask(url)).toBe(200)
  expect(await ask(url)).toBe(200)
  const exited = exitCode()
  child?.kill('SIGTERM')
  expect(await exited).toBe(0)
})

test('a log that nobody reads costs no request and no end', async () => {
  const url = await startWithLogTo('pipe')
  // More than fits into a pipe and its reader's buffer.
  for (let count = 0; count < 1500; count += 1) await (await fetch(`${url}/health`)).body?.cancel()
  expect(await ask(url)).toBe(200)
  const exited = exitCode()
  child?.kill('SIGTERM')
  expect(await exited).toBe(0)
})
