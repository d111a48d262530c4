import { type ChildProcess, spawn } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { afterEach, expect, it } from 'vitest'
import { detectDeathWatchMethod } from '../../src/engine/death-watch.ts'
import { gone, isAlive } from '../support/processes.ts'

const started: ChildProcess[] = []
afterEach(() => {
  for (const child of started.splice(0)) child.kill('SIGKILL')
})

async function orphanMaker(method: string): Promise<{ parent: ChildProcess; pid: number }> {
  const script = fileURLToPath(new URL('../support/orphan-maker.ts', import.meta.url))
  const parent = spawn(process.execPath, ['--import', 'tsx', script, method], { stdio: ['ignore', 'pipe', 'inherit'] })
  started.push(parent)
  const pid = await new Promise<number>((resolve) =>
    parent.stdout?.once('data', (data: Buffer) => resolve(Number(data.toString()))),
  )
  return { parent, pid }
}

it.each(process.platform === 'linux' ? ['pdeathsig', 'watcher'] : ['watcher'])(
  'a stubborn child is gone within 5 s of a kill -9 of its parent, by %s',
  async (method) => {
    const { parent, pid } = await orphanMaker(method)
    expect(isAlive(pid)).toBe(true)
    parent.kill('SIGKILL')
    await gone(pid, 5000)
    expect(isAlive(pid)).toBe(false)
  },
)

it('uses the kernel where setpriv can', () => {
  expect(['pdeathsig', 'watcher']).toContain(detectDeathWatchMethod())
})
