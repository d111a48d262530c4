import { once } from 'node:events'
import { existsSync, readFileSync } from 'node:fs'
import { afterEach, describe, expect, it, vi } from 'vitest'
import { type Child, spawnChild } from '../../src/engine/child.ts'
import { createDeathWatch } from '../../src/engine/death-watch.ts'
import { WORKER_MARK } from '../../src/engine/environment.ts'
import { gone, isAlive } from '../support/processes.ts'

const watch = createDeathWatch('watcher')
const children: Child[] = []

function shell(script: string, env: Record<string, string> = {}): Child {
  const child = spawnChild(
    {
      command: '/bin/sh',
      args: ['-c', script],
      env: { PATH: process.env['PATH'], ...env },
    },
    watch,
  )
  children.push(child)
  return child
}

afterEach(async () => {
  await Promise.all(children.splice(0).map((child) => child.end()))
})

async function firstLine(child: Child): Promise<string> {
  const [chunk] = (await once(child.spawned.stdout, 'data')) as [Buffer]
  return chunk.toString().trim()
}

/** Runs until it is ended, in a session of its own that no kill of the child's group reaches. */
const LEAVES = `setsid sh -c 'echo "{$$}"; exec sleep 600' &`

describe('a child', () => {
  it('takes with it what had a group of its own', async () => {
    const child = shell(`${LEAVES} wait`)
    const tool = Number((await firstLine(child)).slice(1, -1))
    expect(isAlive(tool)).toBe(true)
    await child.end()
    await gone(tool)
  })

  it('that is dead takes with it what outlived it', async () => {
    const child = shell(`${LEAVES} read -r line`, { [WORKER_MARK]: `test-${process.pid}` })
    const tool = Number((await firstLine(child)).slice(1, -1))
    if (child.pid !== undefined) process.kill(child.pid, 'SIGKILL')
    await child.exited
    expect(isAlive(tool)).toBe(true)
    await child.end()
    await gone(tool)
  })

  it('gives way to the server, with all that it starts', async () => {
    const child = shell('read -r line')
    const nicenessOf = (path: string): string => readFileSync(path, 'utf8')
    // The 19th field (proc(5)); the name in the second has no spaces here.
    const own = (): number => Number(nicenessOf(`/proc/${child.pid}/stat`).split(' ')[18])
    await vi.waitUntil(() => own() === 10, { timeout: 2000, interval: 10 })
    if (!existsSync('/proc/self/autogroup')) return
    await vi.waitUntil(() => nicenessOf(`/proc/${child.pid}/autogroup`).includes('nice 10'), {
      timeout: 2000,
      interval: 10,
    })
  })

  it.skipIf(!existsSync('/proc/self/oom_score_adj'))(
    'is killed before the server where memory runs out, with all that it starts',
    async () => {
      const scoreOf = (pid: number | string): number => Number(readFileSync(`/proc/${pid}/oom_score_adj`, 'utf8'))
      const child = shell('read -r line')
      await vi.waitUntil(() => scoreOf(child.pid ?? 0) === Math.min(scoreOf('self') + 500, 1000), { timeout: 2000 })
    },
  )
  it('that does not read what it is told is not heard meanwhile', async () => {
    const child = shell('echo "{1}"; sleep 0.2; cat > /dev/null')
    child.spawned.stdin.write('x'.repeat(50 * 1024 * 1024))
    expect(await firstLine(child)).toBe('{1}')
    expect(child.spawned.stdin.writableLength).toBe(0)
  })

  it('says how it ended', async () => {
    await expect(shell('exit 3').exited).resolves.toBe('exited with code 3')
  })

  it('row 3: that the system killed for want of memory says so', async () => {
    let kills = 0
    const killed = spawnChild(
      { command: '/bin/sh', args: ['-c', 'read -r line; kill -9 $$'], env: { PATH: process.env['PATH'] } },
      watch,
      () => kills,
    )
    children.push(killed)
    kills = 1
    killed.spawned.stdin.write('go\n')
    await expect(killed.exited).resolves.toBe('ended by SIGKILL: the system was out of memory')
    expect(killed.ranOutOfMemory).toBe(true)
  })

  it('that cannot be started has ended', async () => {
    const child = spawnChild({ command: '/nonexistent', args: [], env: {} }, watch)
    await expect(child.exited).resolves.toMatch(/could not be started/)
    await child.end()
  })

  it('ends at once when it listens to TERM', async () => {
    const child = shell('echo "{}"; exec sleep 600')
    await firstLine(child)
    await child.end()
    await expect(child.exited).resolves.toBe('ended by SIGTERM')
  })

  it('that ignores TERM is killed', async () => {
    const child = shell(`trap '' TERM; echo "{}"; while :; do sleep 1; done`)
    await firstLine(child)
    await child.end()
    await expect(child.exited).resolves.toBe('ended by SIGKILL')
  })

  it('takes what it started with it', async () => {
    const child = shell('sleep 600 & echo "{$!}"; wait')
    const grandchild = Number((await firstLine(child)).slice(1, -1))
    expect(isAlive(grandchild)).toBe(true)
    await child.end()
    await gone(grandchild)
  })

  it('keeps only the newest of a long stderr', async () => {
    const child = shell('head -c 1000000 /dev/zero | tr "\\0" x >&2; echo the end >&2')
    await child.exited
    await child.end()
    expect(child.stderrTail().length).toBeLessThanOrEqual(64 * 1024)
    expect(child.stderrTail()).toMatch(/the end\n$/)
  })

  it('is killed for a line without end', async () => {
    const child = shell('printf "{"; cat /dev/zero')
    child.spawned.stdout.resume()
    await expect(child.exited).resolves.toMatch(/SIGKILL|SIGPIPE/)
    expect(child.stderrTail()).toContain('a line is too long')
  })
})
