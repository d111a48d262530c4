/** One thread that checks, one request at a time. Started by the first, and again after one had to be ended. */
import { Worker } from 'node:worker_threads'
import type { ThreadReply, ThreadRequest } from './thread-message.ts'

/** Ajv and a few compiled schemas need some 20 MB; a large schema is compiled in deep recursion. */
const LIMITS = { maxOldGenerationSizeMb: 128, stackSizeMb: 16 }

export interface CheckThread {
  /**
   * `endless` where it takes longer than `deadlineMs` (without the start of the thread) or needs too much memory.
   * To be called again only when the last call has ended.
   * @throws when the thread cannot be started or is closed meanwhile
   */
  run(request: ThreadRequest, deadlineMs: number): Promise<ThreadReply>
  close(): Promise<void>
}

/** @param code of the thread, compiled; without, the one beside this file */
export function createCheckThread(code?: URL): CheckThread {
  let worker: Worker | undefined
  let closed = false

  const start = async (): Promise<Worker> => {
    const started = spawn(code)
    worker = started
    started.once('exit', () => {
      if (worker === started) worker = undefined
    })
    await greeting(started)
    return started
  }
  const end = async (): Promise<void> => {
    await worker?.terminate()
  }
  return {
    async run(request, deadlineMs) {
      if (closed) throw new Error('the checks of schemas are closed')
      const reply = await ask(worker ?? (await start()), request, deadlineMs)
      if (reply !== undefined) return reply
      await end()
      if (closed) throw new Error('the checks of schemas were closed')
      return { type: 'endless' }
    },
    close: async () => {
      closed = true
      await end()
    },
  }
}

function spawn(code: URL | undefined): Worker {
  const [source, isCode] = code === undefined ? entry() : [code, false]
  const worker = new Worker(source, { eval: isCode, resourceLimits: LIMITS })
  // It holds nothing that has to be finished: a process that is done ends without waiting for it.
  worker.unref()
  // Who asks sees that it ended; an error that nobody listens to would end the server.
  worker.on('error', () => undefined)
  return worker
}

/** Resolves when the thread can be asked. */
function greeting(worker: Worker): Promise<void> {
  return new Promise((resolve, reject) => {
    worker.once('message', () => resolve())
    worker.once('error', reject)
    worker.once('exit', () => reject(new Error('the thread that checks schemas ended')))
  })
}

/** Where the program runs from its sources (`npm run dev`), the thread has to be taught TypeScript first. */
function entry(): [source: string | URL, isCode: boolean] {
  if (!import.meta.url.endsWith('.ts')) return [new URL('./schema-thread.js', import.meta.url), false]
  const file = JSON.stringify(new URL('./schema-thread.ts', import.meta.url).href)
  const loader = JSON.stringify(import.meta.resolve('tsx/esm/api'))
  return [`import(${loader}).then(({ tsImport }) => tsImport(${file}, ${file}))`, true]
}

/** Undefined where the thread does not answer in time, or breaks. */
function ask(worker: Worker, request: ThreadRequest, deadlineMs: number): Promise<ThreadReply | undefined> {
  return new Promise((resolve) => {
    const settle = (reply: ThreadReply | undefined): void => {
      clearTimeout(timer)
      worker.off('message', settle).off('error', broken).off('exit', broken)
      resolve(reply)
    }
    const broken = (): void => settle(undefined)
    const timer = setTimeout(broken, deadlineMs)
    worker.on('message', settle).on('error', broken).on('exit', broken)
    worker.postMessage(request)
  })
}
