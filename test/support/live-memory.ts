/** What a server holds when all is collected that can be: what grows there is kept by somebody. Linux only. */
import { vi } from 'vitest'
import type { RunningDragoman } from './dragoman-process.ts'
import { metric } from './load-run.ts'
import { residentMegabytes } from './processes.ts'

/** A module for the server to load first: it collects on SIGWINCH, and says so. What the first time sets free may hold more. */
export const COLLECT_ON_SIGNAL =
  'data:text/javascript,import v8 from "node:v8";import vm from "node:vm";v8.setFlagsFromString("--expose-gc");' +
  'const gc=vm.runInNewContext("gc");process.on("SIGWINCH",()=>{gc();gc();gc();console.error("collected")})'

/** In megabytes. */
export interface LiveMemory {
  readonly heap: number
  readonly resident: number
}

/** @param server started with `COLLECT_ON_SIGNAL` among its imports */
export async function liveMemoryOf(server: RunningDragoman): Promise<LiveMemory> {
  const collections = (): number => server.stderr().split('collected').length
  const before = collections()
  server.signal('SIGWINCH')
  await vi.waitUntil(() => collections() > before, { timeout: 5000, interval: 10 })
  const resident = residentMegabytes(server.pid)
  return { resident, heap: ((await metric(server, 'nodejs_heap_size_used_bytes'))[''] ?? Number.NaN) / 1_048_576 }
}
