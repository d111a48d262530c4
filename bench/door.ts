/**
 * What the door costs: wrong keys a second while eight streams go on, with the server's own threads on one core; and many
 * connections that say nothing. Linux only.
 */
import { execFile, execFileSync } from 'node:child_process'
import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import { connect, type Socket } from 'node:net'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { startDemoModel } from '../src/demo/demo-model.ts'
import { connectionLimit } from '../src/http/connection-limit.ts'
import { startClockModel } from './clock-model.ts'
import { percentile, sendStreaming } from './load.ts'
import { type Bench, ms, printTable } from './part.ts'
import { meterTree } from './process-tree.ts'
import { startServer } from './server.ts'
import { readStampedStream, type StampedStream } from './stamped-stream.ts'
import { chat } from './targets.ts'

const KEY = 'the-key-of-the-bench'
const STREAMS = 8
const EVERY_MS = 50
const CALLERS = 16
const IDLE = 10_000

export async function door(bench: Bench): Promise<void> {
  console.log('### wrong keys beside eight streams\n')
  await wrongKeys(bench)
  console.log('\n### idle connections\n')
  await idleConnections(bench)
}

async function wrongKeys({ quick, folder }: Bench): Promise<void> {
  const model = await startClockModel()
  const env = { MAX_WORKERS: String(STREAMS), API_KEY: KEY, RATE_LIMIT_ENABLED: 'false', LOG_LEVEL: 'info' }
  const server = await startServer({ modelUrl: model.url, dataFolder: join(folder, 'keys'), env })
  const seconds = quick ? 5 : 30
  const row = printTable([
    'wrong keys',
    'refused a second',
    'refused after p50 / p99 ms',
    'other answers',
    'gap between deltas p50 / p99 ms',
    'streams that broke',
    'cores of the server',
  ])
  const measure = async (name: string, callers: number): Promise<void> => {
    const deltas = Math.ceil(((seconds + 1) * 1000) / EVERY_MS)
    const streams = Array.from({ length: STREAMS }, () =>
      readStampedStream({ url: server.url, deltas, everyMs: EVERY_MS, key: KEY }).catch(() => undefined),
    )
    // Its processes keep both cores: it alone is held to one.
    pin(server.pid)
    const meter = meterTree(server.pid)
    const began = performance.now()
    const refused = callers === 0 ? undefined : await callWithBadKeys(server.url, callers, seconds)
    const whole = (await Promise.all(streams)).filter((stream) => stream !== undefined)
    const { rootCpuSeconds } = meter.stop()
    const gaps = whole.flatMap(gapsOf)
    row([
      name,
      refused === undefined ? '' : (refused.refused / seconds).toFixed(0),
      refused === undefined ? '' : `${ms(refused.p50)} / ${ms(refused.p99)}`,
      refused?.other ?? '',
      `${ms(percentile(gaps, 0.5))} / ${ms(percentile(gaps, 0.99))}`,
      STREAMS - whole.length,
      (rootCpuSeconds / ((performance.now() - began) / 1000)).toFixed(2),
    ])
  }
  try {
    await measure('none, cold', 0)
    await measure('none', 0)
    await measure(`over ${CALLERS} connections`, CALLERS)
  } finally {
    await server.stop()
    await model.close()
  }
}

function pin(pid: number): void {
  execFileSync('taskset', ['-a', '-c', '-p', '0', String(pid)], { stdio: 'ignore' })
}

interface Refused {
  readonly refused: number
  readonly other: number
  readonly p50: number
  readonly p99: number
}

async function callWithBadKeys(url: string, callers: number, seconds: number): Promise<Refused> {
  const script = fileURLToPath(new URL('bad-key-caller.mjs', import.meta.url))
  const args = [script, new URL(url).port, String(callers), String(seconds)]
  const { stdout } = await promisify(execFile)('taskset', ['-c', '1', process.execPath, ...args])
  return JSON.parse(stdout)
}

function gapsOf({ deltas }: StampedStream): number[] {
  return deltas.slice(1).map((delta, index) => delta.cameAt - (deltas[index]?.cameAt ?? delta.cameAt))
}

async function idleConnections({ quick, folder }: Bench): Promise<void> {
  const model = await startDemoModel({ delayMs: 0 })
  const server = await startServer({ modelUrl: model.url, dataFolder: join(folder, 'idle') })
  const firstTokens = async (): Promise<number[]> => {
    const times: number[] = []
    for (let asked = 0; asked < (quick ? 10 : 40); asked += 1) {
      times.push((await sendStreaming(chat(server.url))).firstTokenMs)
    }
    return times
  }
  const row = printTable(['connections', 'memory of the server MB', 'first token p50 / p99 ms'])
  const tell = (count: number, megabytes: number, times: readonly number[]): void =>
    row([count, megabytes.toFixed(0), `${ms(percentile(times, 0.5))} / ${ms(percentile(times, 0.99))}`])
  const count = Math.min(IDLE, connectionLimit()) - 100
  const sockets: Socket[] = []
  try {
    await firstTokens()
    const [usual, before] = [await firstTokens(), megabytesOf(server.pid)]
    tell(0, before, usual)
    const port = Number(new URL(server.url).port)
    for (let opened = 0; opened < count; opened += 500) {
      const some = Array.from({ length: Math.min(500, count - opened) }, () => connect({ host: '127.0.0.1', port }))
      for (const socket of some) socket.on('error', () => undefined)
      await Promise.all(some.map((socket) => once(socket, 'connect')))
      sockets.push(...some)
    }
    // Before the server closes those that say nothing, which it does after ten seconds.
    tell(sockets.length, megabytesOf(server.pid), await firstTokens())
  } finally {
    for (const socket of sockets) socket.destroy()
    await server.stop()
    await model.close()
  }
}

function megabytesOf(pid: number): number {
  return Number(/^VmRSS:\s+(\d+)/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1]) / 1024
}
