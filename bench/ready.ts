/** A fresh start in an empty folder: when it listens, when its first process is ready, when its processes may be used again. */
import { createServer } from 'node:http'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { startDemoModel } from '../src/demo/demo-model.ts'
import { type Bench, printTable } from './part.ts'
import { spawnServer } from './server.ts'

const LOOK_EVERY_MS = 5
const LONGEST_START_MS = 60_000

export async function ready({ quick, folder }: Bench): Promise<void> {
  const model = await startDemoModel({ delayMs: 0 })
  const row = printTable(['start', 'listens after s', 'first process ready after s', 'processes used again after s'])
  try {
    for (let start = 1; start <= (quick ? 1 : 5); start += 1) {
      const times = await timeStart({ modelUrl: model.url, dataFolder: join(folder, `ready-${start}`) })
      row([start, ...times.map((time) => (time / 1000).toFixed(2))])
    }
  } finally {
    await model.close()
  }
}

async function timeStart(options: { modelUrl: string; dataFolder: string }): Promise<number[]> {
  const port = await freePort()
  const began = performance.now()
  const server = spawnServer({ ...options, port })
  const url = `http://127.0.0.1:${port}`
  const since = async (isTrue: () => Promise<boolean>): Promise<number> => {
    while (!(await isTrue().catch(() => false))) {
      if (performance.now() - began > LONGEST_START_MS) throw new Error('Dragoman did not get ready')
      await delay(LOOK_EVERY_MS)
    }
    return performance.now() - began
  }
  try {
    const listens = await since(async () => (await fetch(`${url}/health`)).ok)
    const isReady = await since(async () => (await fetch(`${url}/ready`)).ok)
    const isReused = await since(async () => /"reuse":"on"/.test(await (await fetch(`${url}/health`)).text()))
    return [listens, isReady, isReused]
  } finally {
    await server.stop()
  }
}

async function freePort(): Promise<number> {
  const server = createServer()
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const address = server.address()
  await new Promise((resolve) => server.close(resolve))
  if (address === null || typeof address === 'string') throw new Error('there is no free port')
  return address.port
}
