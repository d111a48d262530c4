/** The command line in a real terminal: a pseudo-terminal made by `script`, of util-linux. */
import { spawn } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { vi } from 'vitest'

const main = fileURLToPath(new URL('../../dist/main.js', import.meta.url))

export interface Terminal {
  /** All that it has shown. */
  screen(): string
  /** Resolves with what the group of `pattern` matched, once that is shown. */
  shows(pattern: RegExp): Promise<string>
  type(text: string): void
  /** The window is closed, whatever runs in it. */
  close(): void
  /** Presses Ctrl-C and resolves when it has ended. */
  interrupt(): Promise<void>
}

/** Starts Dragoman in a terminal, in an empty folder, with nobody's login. */
export function startInTerminal(args: readonly string[], env: Readonly<Record<string, string>> = {}): Terminal {
  const folder = mkdtempSync(join(tmpdir(), 'dragoman-terminal-'))
  const command = [process.execPath, main, ...args].map((word) => `'${word}'`).join(' ')
  const child = spawn('script', ['-qec', command, '/dev/null'], {
    cwd: folder,
    env: { PATH: process.env['PATH'], HOME: folder, DATA_DIR: join(folder, 'data'), TERM: 'dumb', ...env },
    stdio: ['pipe', 'pipe', 'inherit'],
  })
  let screen = ''
  child.stdout.setEncoding('utf8').on('data', (text: string) => (screen += text))
  const ended = new Promise<void>((resolve) => {
    child.once('close', () => {
      rmSync(folder, { recursive: true, force: true })
      resolve()
    })
  })
  return {
    screen: () => screen,
    shows: async (pattern) => {
      await vi.waitUntil(() => pattern.test(screen) || child.exitCode !== null, { timeout: 20_000, interval: 20 })
      const match = pattern.exec(screen)
      if (match === null) throw new Error(`it has ended without showing ${pattern.source}: ${screen}`)
      return match[1] ?? match[0]
    },
    type: (text) => child.stdin.write(text),
    close: () => void child.kill('SIGKILL'),
    interrupt: async () => {
      if (child.exitCode === null && child.signalCode === null) child.stdin.write('\u0003')
      await ended
    },
  }
}
