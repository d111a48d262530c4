/** What a server's heap holds when all is collected that can be: what grows there is kept by somebody. */
import { vi } from 'vitest'
import type { RunningDragoman } from './dragoman-process.ts'
import { metric } from './load-run.ts'

/** A module for the server to load first: it collects on SIGWINCH, and says so. */
export const COLLECT_ON_SIGNAL =
  'data:text/javascript,import v8 from "node:v8";import vm from "node:vm";v8.setFlagsFromString("--expose-gc");' +
  'const gc=vm.runInNewContext("gc");process.on("SIGWINCH",()=>{gc();console.error("collected")})'

/** @param server started with `COLLECT_ON_SIGNAL` among its imports @returns megabytes */
export async function liveHeapOf(server: RunningDragoman): Promise<number> {
  const collections = (): number => server.stderr().split('collected').length
  const before = collections()
  server.signal('SIGWINCH')
  await vi.waitUntil(() => collections() > before, { timeout: 5000 })
  return ((await metric(server, 'nodejs_heap_size_used_bytes'))[''] ?? Number.NaN) / 1_048_576
}
